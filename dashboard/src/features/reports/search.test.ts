import { expect, it } from "vitest";
import type { Report } from "@/api/types";
import { found, readSearch, writeSearch, type Search } from "./search";

const report = (name: string, kind: Report["kind"], updated_at: string, description: string | null = null) => ({ name, kind, updated_at, description }) as Report;
const reports = [
  report("Weekly retention", "retention", "2026-01-01T00:00:00Z"),
  report("Revenue", "trends", "2026-01-03T00:00:00Z", "Paid orders of a week"),
  report("Retention of phones", "retention", "2026-01-02T00:00:00Z"),
];
const names = (search: Search) => found(reports, search).map((one) => one.name);

it("finds by words of the name or description, last changed first", () => {
  expect(names({ text: "", kind: null })).toEqual(["Revenue", "Retention of phones", "Weekly retention"]);
  expect(names({ text: "RETENTION week", kind: null })).toEqual(["Weekly retention"]);
  expect(names({ text: "week", kind: "trends" })).toEqual(["Revenue"]);
});

it("comes back from an address as it was written", () => {
  for (const search of [{ text: "", kind: null }, { text: "a b", kind: "paths" }] as Search[]) expect(readSearch(writeSearch(search))).toEqual(search);
  expect(readSearch(new URLSearchParams("kind=nonsense"))).toEqual({ text: "", kind: null });
});
