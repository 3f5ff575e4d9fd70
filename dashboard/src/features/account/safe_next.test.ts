import { expect, it } from "vitest";
import { safeNext } from "./safe_next";

it("goes on within this server, and nowhere else", () => {
  expect(safeNext("/projects/1/funnels?range=7d")).toBe("/projects/1/funnels?range=7d");
  for (const away of [null, "", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)"]) {
    expect(safeNext(away)).toBe("/");
  }
});
