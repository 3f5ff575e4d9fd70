import { expect, it } from "vitest";
import { inWords } from "./in_words";

const bought = { event_type: "buy", filter: null, at_least: 2, last_days: 30 };
const ever = { event_type: "buy", filter: null, at_least: 1 };
const pro = { event_type: null, filter: { "user.plan": "pro" }, at_least: 1 };

it("says who is in a cohort", () => {
  for (const [definition, words] of [
    [bought, "did buy at least 2 times in the last 30 days"],
    [{ not: bought }, "did buy fewer than 2 times in the last 30 days"],
    [{ not: ever }, "never did buy"],
    [{ not: { ...ever, last_days: 7 } }, "did not do buy in the last 7 days"],
    [{ ...ever, last_days: 1, filter: { country: "DE" } }, "did buy today where country is DE"],
    [{ ...ever, filter: { any: [{ country: "DE" }] } }, "did buy under a filter made through the API"],
    [{ event_type: null, at_least: 5 }, "did anything at least 5 times"],
    [{ ...ever, start_date: "2026-01-01" }, "did buy since 1 Jan 2026"],
    [{ ...ever, start_date: "2026-01-01T10:00:00", end_date: "2026-01-02" }, "did buy from 2026-01-01T10:00:00 to 2026-01-02"],
    [pro, "has an event where user.plan is pro"],
    [{ not: pro }, "has no event where user.plan is pro"],
    [{ all: [bought, { any: [pro, ever] }] }, "did buy at least 2 times in the last 30 days and (has an event where user.plan is pro or did buy)"],
    [{ all: [ever, { not: { any: [pro, bought] } }] }, "did buy and is not one who (has an event where user.plan is pro or did buy at least 2 times in the last 30 days)"],
  ] as const) {
    expect(inWords(definition)).toBe(`Everybody who ${words}.`);
  }
});
