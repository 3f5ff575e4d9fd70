import { describe, expect, it } from "vitest";
import { formatChange, formatCount, formatPercent, plural } from "./numbers";
import { formatDuration, formatMoment, formatPeriod, formatRange } from "./times";

describe("numbers", () => {
  it("groups digits", () => expect(formatCount(1234567)).toBe("1,234,567"));
  it("keeps small percentages apart from nothing", () => {
    expect([0, 0.04, 12.34, 50, 100].map(formatPercent)).toEqual(["0%", "0.04%", "12.3%", "50.0%", "100%"]);
    expect(formatPercent(null)).toBe("–");
  });
  it("signs changes", () => expect([4.25, -3, 0, null].map(formatChange)).toEqual(["+4.3%", "−3.0%", "±0%", "–"]));
  it("counts things", () => expect([plural(1, "person", "people"), plural(2, "event")]).toEqual(["1 person", "2 events"]));
});

describe("times", () => {
  it("says durations in the two units that matter", () => {
    const said = [null, 0, 0.2, 4.24, 59.6, 200, 3600, 90_061, 187_200].map(formatDuration);
    expect(said).toEqual(["–", "0 s", "< 1 s", "4.2 s", "1 min", "3 min 20 s", "1 h", "1 d 1 h", "2 d 4 h"]);
  });
  it("shows a moment in the zone that is asked for", () => {
    expect(formatMoment("2026-01-03T23:05:09.123456Z", "Europe/Berlin")).toBe("4 Jan 2026, 00:05:09");
  });
  it("shows periods as the calendar has them, whatever the zone of the browser", () => {
    expect(formatPeriod("2026-01-31")).toBe("31 Jan");
    expect(formatPeriod("2026-01-31T13:00:00+01:00")).toBe("31 Jan 13:00");
    expect(formatRange("2026-01-01", "2026-01-31")).toMatch(/^1\s?–\s?31 Jan 2026$/u);
  });
});
