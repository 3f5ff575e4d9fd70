import { expect, it } from "vitest";
import { readCookie } from "./session_fetch";

it("reads one cookie among others, and not one whose name only ends so", () => {
  expect(readCookie("a=1; xcsrf=no; csrf=a%20b", "csrf")).toBe("a b");
  expect(readCookie("", "csrf")).toBeNull();
});
