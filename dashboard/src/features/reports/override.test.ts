import { describe, expect, it } from "vitest";
import type { Project, Report } from "@/api/types";
import { askedOf, questionWith, readOverride, writeOverride, type Override } from "./override";

const PROJECT = { timezone: "Europe/Berlin" } as Project;
const LATE = new Date("2026-03-10T23:30:00Z"); // the next day in Berlin
const NOW = { asOf: null, now: LATE, asked: {} };
const THEN = { asOf: "2026-03-10T23:30:00Z", now: LATE, asked: { identities_as_of: "2026-03-10T23:30:00Z" } };
const JANUARY = { start: "2026-01-01", end: "2026-01-31" };

const report = (kind: Report["kind"], question: Record<string, unknown>) => ({ kind, question }) as Report;
const read = (text: string) => readOverride(new URLSearchParams(text)).override;

describe("a range in place of a report's own", () => {
  it("comes back as it was written, 30 days too", () => {
    for (const override of [null, { days: 30 }, { days: 7 }, JANUARY, { end: "2026-01-31" }] as Override[]) {
      expect(read(writeOverride({ override }).toString())).toEqual(override);
    }
  });
  it("is none where the address is damaged", () => {
    for (const text of ["range=0d", "range=x", "end=x", "start=2026-02-01&end=2026-01-01", "start=2026-02-01"]) expect(read(text)).toBeNull();
  });
});

describe("what is asked of a report", () => {
  it("is its own question, unless a range is chosen", () => {
    expect(askedOf(report("trends", { start_date: "7d" }), null, PROJECT, NOW)).toEqual({});
    expect(askedOf(report("trends", JANUARY), { days: 2 }, PROJECT, NOW)).toEqual({ start_date: "2026-03-10", end_date: "2026-03-11" });
    expect(askedOf(report("metric", {}), JANUARY, PROJECT, NOW)).toEqual({ start_date: "2026-01-01", end_date: "2026-01-31" });
  });
  it("is the end alone of retention", () => {
    expect(askedOf(report("retention", {}), JANUARY, PROJECT, NOW)).toEqual({ end_date: "2026-01-31" });
    expect(askedOf(report("retention", {}), { end: "2026-02-01" }, PROJECT, NOW)).toEqual({ end_date: "2026-02-01" });
  });
  it("ends where one looks back to, unless it has an end of its own", () => {
    const asked = { as_of: THEN.asOf, ...THEN.asked, end_date: "2026-03-11" };
    expect(askedOf(report("trends", { start_date: "7d" }), null, PROJECT, THEN)).toEqual(asked);
    expect(askedOf(report("retention", {}), null, PROJECT, THEN)).toEqual(asked);
    expect(askedOf(report("trends", { end_date: "2026-01-31" }), null, PROJECT, THEN)).toEqual({ as_of: THEN.asOf, ...THEN.asked });
    expect(askedOf(report("metric", {}), null, PROJECT, THEN)).toEqual({ as_of: THEN.asOf, end_date: "2026-03-11" });
  });
});

describe("the question that is asked then", () => {
  it("has the chosen range in place of its own", () => {
    const january = { start_date: "2026-01-01", end_date: "2026-01-31", interval: "day" };
    expect(questionWith(report("trends", january), { days: 7 })).toEqual({ start_date: "7d", interval: "day" });
    expect(questionWith(report("metric", { name: "events", start_time: "7d" }), JANUARY)).toEqual({
      name: "events",
      start_time: "2026-01-01",
      end_time: "2026-01-31",
    });
    expect(questionWith(report("retention", { last_period_contains: "2026-01-31" }), { days: 7 })).toEqual({});
    expect(questionWith(report("retention", {}), { end: "2026-02-01" })).toEqual({ last_period_contains: "2026-02-01" });
    expect(questionWith(report("trends", january), null)).toBe(january);
  });
});
