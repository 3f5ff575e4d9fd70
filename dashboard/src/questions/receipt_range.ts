import type { Receipt } from "@/api/types";

/** The days that were asked about, where the kind says them so; retention goes by periods of its own. */
export function rangeIn({ question }: Pick<Receipt, "question">): { start: string; end: string } | null {
  const range = question["date_range"] ?? {
    start: question["start_date"] ?? question["start_time"],
    end: question["end_date"] ?? question["end_time"],
  };
  if (typeof range !== "object" || !("start" in range) || !("end" in range)) return null;
  return range.start && range.end ? { start: String(range.start), end: String(range.end) } : null;
}
