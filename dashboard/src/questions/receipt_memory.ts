import type { Receipt } from "@/api/types";
import { RECEIPTS_PREFIX } from "./forget_receipts";

/** A receipt that this browser has seen. `place`: the page that it was seen on. */
export interface Seen {
  place: string;
  receipt: Receipt;
}

const KEPT = 50;
/** What may differ between two answers that somebody would compare: the rest says that it is the same question. */
const MOVES = new Set(["date_range", "start_date", "end_date", "timezone", "week_start", "cohorts", "definition", "funnel_version", "funnel_name", "report_version", "last_period_contains"]);

/** The receipts with one more: the first of each question and day stays, and the newest fifty of all. */
export function withReceipt(all: readonly Seen[], seen: Seen): readonly Seen[] {
  if (all.some((one) => isSameDay(one.receipt, seen.receipt) && isSameQuestion(one, seen))) return all;
  const sorted = [...all, seen].sort((one, other) => (one.receipt.answered_at < other.receipt.answered_at ? 1 : -1));
  return sorted.slice(0, KEPT);
}

/** Earlier answers to the question of this one, newest first. */
export function earlierThan(all: readonly Seen[], seen: Seen): Receipt[] {
  return all.filter((one) => isSameQuestion(one, seen) && one.receipt.answered_at < seen.receipt.answered_at).map(({ receipt }) => receipt);
}

const isSameDay = (one: Receipt, other: Receipt): boolean => one.answered_at.slice(0, 10) === other.answered_at.slice(0, 10);
const isSameQuestion = (one: Seen, other: Seen): boolean => keyOf(one) === keyOf(other);

function keyOf({ place, receipt }: Seen): string {
  const parts = Object.entries(receipt.question).filter(([name]) => !MOVES.has(name));
  return JSON.stringify([place, ...parts.sort(([one], [other]) => (one < other ? -1 : 1))]);
}

/** Storage may be forbidden, full or somebody else's: then nothing is remembered. */
export const receiptMemory = {
  read(projectId: string): readonly Seen[] {
    try {
      const found: unknown = JSON.parse(localStorage.getItem(RECEIPTS_PREFIX + projectId) ?? "[]");
      return Array.isArray(found) ? found.filter(isSeen) : [];
    } catch {
      return [];
    }
  },
  add(projectId: string, seen: Seen): void {
    if ("identities_as_of" in seen.receipt.question) return; // of somebody who looks back: it says what was, not what is
    const all = receiptMemory.read(projectId);
    const more = withReceipt(all, seen);
    if (more === all) return;
    try {
      localStorage.setItem(RECEIPTS_PREFIX + projectId, JSON.stringify(more));
    } catch {
      // not remembered
    }
  },
};

function isSeen(one: unknown): one is Seen {
  if (typeof one !== "object" || one === null || !("place" in one) || !("receipt" in one)) return false;
  return isReceipt(one.receipt);
}

export function isReceipt(one: unknown): one is Receipt {
  if (typeof one !== "object" || one === null) return false;
  return "answered_at" in one && isMoment(one.answered_at) && "question" in one && typeof one.question === "object" && one.question !== null;
}

const isMoment = (text: unknown): boolean => typeof text === "string" && !Number.isNaN(Date.parse(text));
