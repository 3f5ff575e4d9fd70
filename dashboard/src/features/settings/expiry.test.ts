import { describe, expect, it } from "vitest";
import { isShorter, lastDayGoing } from "./expiry";

describe("what expires", () => {
  it("goes by whole UTC days that are past the limit at every moment of theirs", () => {
    const at = (time: string) => lastDayGoing(90, new Date(time));
    expect(at("2026-04-11T00:00:00Z")).toBe("2026-01-10"); // its end is 90 days ago, to the moment
    expect(at("2026-04-11T23:59:59Z")).toBe("2026-01-10");
    expect(at("2026-04-12T00:00:00Z")).toBe("2026-01-11");
  });
  it("is nothing where events are kept for ever", () => expect(lastDayGoing(0, new Date())).toBeNull());
  it("is more where less is kept", () => {
    expect([isShorter(30, 90), isShorter(30, 0), isShorter(0, 30), isShorter(90, 90), isShorter(91, 90)]).toEqual([true, true, false, false, false]);
  });
});
