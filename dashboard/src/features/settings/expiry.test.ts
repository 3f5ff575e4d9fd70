import { describe, expect, it } from "vitest";
import { isShorter, lastDayGoing } from "./expiry";

describe("what expires", () => {
  it("goes by whole UTC days that are past the limit at every moment of theirs", () => {
    const at = (time: string) => lastDayGoing(90, new Date(time));
    expect(at("2026-04-11T00:00:00Z")).toBe("2026-01-10"); // its end is 90 days ago, to the moment
    expect(at("2026-04-11T23:59:59Z")).toBe("2026-01-10");
    expect(at("2026-04-12T00:00:00Z")).toBe("2026-01-11");
  });
  it("is nothing where events are kept for ever, and where no such number of days can be kept", () => {
    for (const days of [0, -1, 1.5, 36_501, 999_999_999]) expect(lastDayGoing(days, new Date())).toBeNull();
    expect(lastDayGoing(36_500, new Date("2026-01-01T00:00:00Z"))).toBe("1926-01-25");
  });
  it("is more where less is kept", () => {
    expect([isShorter(30, 90), isShorter(30, 0), isShorter(0, 30), isShorter(90, 90), isShorter(91, 90)]).toEqual([true, true, false, false, false]);
  });
});
