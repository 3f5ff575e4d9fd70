import { expect, it } from "vitest";
import { fromLimit, toLimit } from "./rate_limit";

it("tells the server's limit, none, and an own one apart, there and back", () => {
  expect([null, 0, 250].map((one) => toLimit(one).kind)).toEqual(["server", "none", "own"]);
  for (const perMinute of [null, 0, 250]) expect(fromLimit(toLimit(perMinute))).toBe(perMinute);
});
