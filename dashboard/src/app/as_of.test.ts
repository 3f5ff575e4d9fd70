import { expect, it } from "vitest";
import { readAsOf, withAsOf } from "./as_of";

it("looks back to a moment with its offset, and to nothing else", () => {
  const read = (text: string) => readAsOf(new URLSearchParams({ as_of: text }));
  expect(read("2026-01-31T10:00:00Z")).toBe("2026-01-31T10:00:00Z");
  expect(read("2026-01-31T10:00:00.123456Z")).toBe("2026-01-31T10:00:00.123456Z");
  for (const text of ["2026-01-31", "2026-13-31T10:00:00Z", "yesterday", ""]) expect(read(text)).toBeNull();
  expect(readAsOf(withAsOf(new URLSearchParams("a=1"), "2026-01-31T10:00:00Z"))).toBe("2026-01-31T10:00:00Z");
  expect(withAsOf(new URLSearchParams("a=1&as_of=x"), null).toString()).toBe("a=1");
});
