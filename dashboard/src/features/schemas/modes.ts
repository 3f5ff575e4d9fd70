import type { SchemaMode } from "@/api/types";

interface ModeWords {
  title: string;
  /** What becomes of an event that fails. */
  about: string;
}

export const MODES: Readonly<Record<SchemaMode, ModeWords>> = {
  observe: { title: "Observe", about: "Events that fail are taken, and counted in data quality. The best beginning: nothing is lost." },
  warn: { title: "Warn", about: "They are taken and counted, and the answer tells the sender what is wrong with which event." },
  quarantine: { title: "Quarantine", about: "They are refused, and kept for 30 days: once the sender or the schema is mended, they can be sent again." },
};
