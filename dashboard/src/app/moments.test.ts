import { describe, expect, it } from "vitest";
import { localText, momentIn, quickMoments } from "./moments";

const said = (timeZone: string, text: string) => {
  const found = momentIn(timeZone, text);
  return found && [found.moment.toISOString(), found.is];
};

describe("a local time as a moment", () => {
  it("has the offset of its day", () => {
    expect(said("Europe/Berlin", "2026-01-31T10:00")).toEqual(["2026-01-31T09:00:00.000Z", "once"]);
    expect(said("Europe/Berlin", "2026-07-31T10:00")).toEqual(["2026-07-31T08:00:00.000Z", "once"]);
    expect(said("Asia/Kathmandu", "2026-07-31T10:00")).toEqual(["2026-07-31T04:15:00.000Z", "once"]);
    expect(said("America/Los_Angeles", "2026-07-31")).toEqual(["2026-07-31T07:00:00.000Z", "once"]);
    expect(said("UTC", "2026-07-31T10:00:30")).toEqual(["2026-07-31T10:00:30.000Z", "once"]);
  });
  it("is the first of two where the clock is put back", () => {
    expect(said("Europe/Berlin", "2026-10-25T02:30")).toEqual(["2026-10-25T00:30:00.000Z", "twice"]);
    expect(said("America/New_York", "2026-11-01T01:59")).toEqual(["2026-11-01T05:59:00.000Z", "twice"]);
    expect(said("Europe/Berlin", "2026-10-25T03:00")).toEqual(["2026-10-25T02:00:00.000Z", "once"]);
    expect(said("Europe/Berlin", "2026-10-25T01:59")).toEqual(["2026-10-24T23:59:00.000Z", "once"]);
  });
  it("goes on after the skip where the clock is put forward", () => {
    expect(said("Europe/Berlin", "2026-03-29T02:30")).toEqual(["2026-03-29T01:30:00.000Z", "never"]);
    expect(said("Europe/Berlin", "2026-03-29T03:00")).toEqual(["2026-03-29T01:00:00.000Z", "once"]);
    expect(said("Africa/Cairo", "2026-04-24")).toEqual(["2026-04-23T22:00:00.000Z", "never"]); // no midnight there
  });
  it("is none of what is no time", () => {
    for (const text of ["", "yesterday", "2026-13-01T10:00", "2026-01-31T25:00", "T10:00"]) expect(momentIn("UTC", text)).toBeNull();
  });
  it("comes back as it was written", () => {
    for (const text of ["2026-01-31T10:00", "2026-10-25T02:30", "2026-10-25T01:00"]) {
      expect(localText("Europe/Berlin", momentIn("Europe/Berlin", text)?.moment ?? new Date(0))).toBe(text);
    }
  });
});

it("knows yesterday by the calendar, the night of a changed clock included", () => {
  const found = quickMoments("Europe/Berlin", new Date("2026-10-25T12:00:00Z")).map(({ moment }) => moment.toISOString());
  expect(found).toEqual(["2026-10-24T11:00:00.000Z", "2026-10-18T11:00:00.000Z", "2026-09-30T22:00:00.000Z"]);
});
