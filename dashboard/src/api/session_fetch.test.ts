import { expect, it } from "vitest";
import { outcomeOf, readCookie } from "./session_fetch";

it("reads one cookie among others, and not one whose name only ends so", () => {
  expect(readCookie("a=1; xcsrf=no; csrf=a%20b", "csrf")).toBe("a b");
  expect(readCookie("", "csrf")).toBeNull();
});

it("ends the session by a refresh that was refused, and not by one that only could not be made now", () => {
  const of = (status: number) => outcomeOf(new Response(null, { status }));
  expect(of(200)).toBe("good");
  expect([401, 403, 422].map(of)).toEqual(["ended", "ended", "ended"]);
  for (const status of [429, 500, 503]) expect(of(status)).toMatchObject({ status });
});
