import { expect, it } from "vitest";
import { QUALITY_ADDRESS, QUARANTINE_ADDRESS, quarantineLink, rangeSeen, type QuarantineView } from "./view";

const january = { start: "2026-01-01", end: "2026-01-31" };
const read = (text: string): QuarantineView => QUARANTINE_ADDRESS.read(new URLSearchParams(text));

it("stands in the address, what is usual left out", () => {
  expect(QUALITY_ADDRESS.write({ range: { days: 30 }, chart: "all" }).toString()).toBe("");
  const view = { range: january, chart: "refused" } as const;
  expect(QUALITY_ADDRESS.read(QUALITY_ADDRESS.write(view))).toEqual(view);
  const list = { range: { days: 7 }, reason: "schema", page: 3 };
  expect(read(QUARANTINE_ADDRESS.write(list).toString())).toEqual(list);
});

it("is as usual where the address is damaged", () => {
  expect(read("page=-1&reason=&range=x")).toEqual({ range: { days: 30 }, reason: null, page: 1 });
  expect(QUALITY_ADDRESS.read(new URLSearchParams("chart=pie")).chart).toBe("all");
});

it("leads to the refused events of a reason", () => {
  expect(read(quarantineLink("p1", january, "too_old").split("?")[1] ?? "")).toEqual({ range: january, reason: "too_old", page: 1 });
});

it("takes the days along from the past", () => {
  const asOf = "2026-01-31T10:00:00Z";
  expect(rangeSeen({ days: 7 }, { asOf, now: new Date(asOf) })).toEqual({ start: "2026-01-25", end: "2026-01-31" });
  expect(rangeSeen({ days: 7 }, { asOf: null, now: new Date(asOf) })).toEqual({ days: 7 });
});
