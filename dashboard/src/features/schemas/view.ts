import type { Writing } from "@/questions/use_address";

export const DAYS: readonly number[] = [1, 7, 30, 90];
export const SAMPLES: readonly number[] = [10_000, 100_000];
const USUAL_DAYS = 7;

/** For which events a new schema is, and on which ones one is tried. */
export interface SchemaView {
  eventType: string;
  days: number;
  /** Null: all of them. */
  sample: number | null;
}

export const SCHEMA_ADDRESS: Writing<SchemaView> = {
  read: (search) => {
    const [days, sample] = [Number(search.get("days")), Number(search.get("sample"))];
    return {
      eventType: search.get("event_type") ?? "",
      days: DAYS.includes(days) ? days : USUAL_DAYS,
      sample: SAMPLES.includes(sample) ? sample : null,
    };
  },
  write: ({ eventType, days, sample }) =>
    new URLSearchParams({
      ...(eventType ? { event_type: eventType } : {}),
      ...(days === USUAL_DAYS ? {} : { days: String(days) }),
      ...(sample === null ? {} : { sample: String(sample) }),
    }),
  typed: ["eventType"],
};
