import { expect, it } from "vitest";
import type { SessionsAnswer } from "@/api/types";
import { lineOf, tilesOf } from "./figures";

const now = { sessions: 4, persons: 2, events: 10, average_seconds: 90, bounce_rate: 25 };

it("says what a session is like, and what it was before", () => {
  const said = tilesOf(now, { ...now, sessions: 2, events: 10 }).map(({ text, before, change }) => [text, before, change]);
  expect(said).toEqual([
    ["4", "2", 100],
    ["2", "2", 0],
    ["2", "1", 100],
    ["1 min 30 s", "1 min 30 s", 0],
    ["2.5", "5", -50],
    ["25.0%", "25.0%", 0],
  ]);
  const none = tilesOf({ sessions: 0, persons: 0, events: 0, average_seconds: null, bounce_rate: null }, undefined);
  expect(none.map(({ text }) => text)).toEqual(["0", "0", "–", "–", "–", "–"]);
});

it("draws a period's counts, or what they come to a session", () => {
  const trend = [{ period: "2026-01-01", sessions: 2, persons: 1, events: 5 }, { period: "2026-01-02", sessions: 0, persons: 0, events: 0 }];
  const answer = { ...now, trend, previous: { ...now, trend } } as unknown as SessionsAnswer;
  expect(lineOf(answer, "persons").data).toEqual([1, 0]);
  expect(lineOf(answer, "events_each").before?.data).toEqual([2.5, null]);
});
