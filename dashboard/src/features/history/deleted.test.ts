import { expect, it } from "vitest";
import type { HistoryEntry } from "@/api/types";
import { stillDeleted } from "./deleted";

it("lists what is deleted now, however often it went and came back", () => {
  const entry = (seq: number, stream: string, type: string) => ({ seq, stream, type }) as HistoryEntry;
  const log = [
    entry(9, "funnel-a", "funnel.deleted"),
    entry(8, "funnel-b", "funnel.undeleted"),
    entry(7, "funnel-a", "funnel.undeleted"),
    entry(6, "funnel-b", "funnel.deleted"),
    entry(5, "report-c", "report.deleted"),
    entry(4, "funnel-a", "funnel.deleted"),
  ];
  expect(stillDeleted(log).map(({ seq }) => seq)).toEqual([9, 5]);
});
