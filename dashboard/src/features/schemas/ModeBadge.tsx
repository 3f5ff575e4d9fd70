import { clsx } from "clsx";
import type { SchemaMode } from "@/api/types";
import { MODES } from "./modes";

const LOOKS: Record<SchemaMode, string> = {
  observe: "bg-sunken text-ink",
  warn: "bg-warn-soft text-ink",
  quarantine: "bg-danger-soft text-danger",
};

export function ModeBadge({ mode }: { mode: SchemaMode }) {
  return <span className={clsx("rounded px-1.5 text-sm font-medium", LOOKS[mode])}>{MODES[mode].title}</span>;
}
