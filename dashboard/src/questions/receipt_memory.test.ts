import { describe, expect, it } from "vitest";
import type { Receipt } from "@/api/types";
import { earlierThan, isReceipt, withReceipt, type Seen } from "./receipt_memory";

const seen = (answeredAt: string, question: Record<string, unknown> = {}, place = "/funnels/f"): Seen => ({
  place,
  receipt: { answered_at: answeredAt, question: { kind: "funnel", ...question } } as unknown as Receipt,
});
const momentsOf = (all: readonly Seen[]) => all.map(({ receipt }) => receipt.answered_at);

describe("receipts that were seen", () => {
  it("stay as the first of each question and day", () => {
    const first = withReceipt([], seen("2026-01-01T08:00:00Z"));
    expect(withReceipt(first, seen("2026-01-01T09:00:00Z"))).toBe(first);
    const others = [seen("2026-01-02T07:00:00Z"), seen("2026-01-01T10:00:00Z", { filter: "x" }), seen("2026-01-01T11:00:00Z", {}, "/funnels/g")];
    const all = others.reduce<readonly Seen[]>(withReceipt, first);
    expect(momentsOf(all)).toEqual(["2026-01-02T07:00:00Z", "2026-01-01T11:00:00Z", "2026-01-01T10:00:00Z", "2026-01-01T08:00:00Z"]);
  });
  it("are the newest fifty", () => {
    const day = (place: number) => new Date(Date.UTC(2026, 0, place + 1)).toISOString();
    let all: readonly Seen[] = [];
    for (let place = 0; place < 60; place += 1) all = withReceipt(all, seen(day(place)));
    expect([all.length, all.at(-1)?.receipt.answered_at]).toEqual([50, day(10)]);
  });
  it("belong to a question whatever its days and its definition are now", () => {
    const before = seen("2026-01-01T08:00:00Z", { date_range: { start: "a" }, definition: { stages: [1] }, count_by: "users" });
    const now = seen("2026-01-01T09:00:00Z", { date_range: { start: "b" }, definition: { stages: [1, 2] }, count_by: "users" });
    const other = seen("2026-01-01T08:30:00Z", { count_by: "sessions" });
    expect(earlierThan([other, before], now)).toEqual([before.receipt]);
    expect(earlierThan([now, seen("2026-01-01T10:00:00Z", { count_by: "users" })], now)).toEqual([]);
  });
});

it("knows a receipt from what is none", () => {
  const { receipt } = seen("2026-01-01T08:00:00Z");
  expect([receipt, null, { answered_at: "2026-01-01T08:00:00Z" }, [], seen("x").receipt, seen("2026-99-01T08:00:00Z").receipt].map(isReceipt)).toEqual([true, false, false, false, false, false]);
});
