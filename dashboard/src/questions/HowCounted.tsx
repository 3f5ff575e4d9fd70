import type { Receipt } from "@/api/types";
import { plural } from "@/format/numbers";
import { formatRange } from "@/format/times";

/** The receipt in words, and as it is: with it the same figures can be asked for again later. */
export function HowCounted({ receipt }: { receipt: Receipt }) {
  const waiting = Object.keys(receipt.segments).length;
  const range = rangeIn(receipt);
  return (
    <details className="mt-5 border-t border-line pt-3 text-sm text-quiet">
      <summary className="w-fit">{range && `${formatRange(range.start, range.end)} · `}How was this counted?</summary>
      <p className="mt-2 max-w-prose">
        Exactly, over {plural(receipt.events, "event")} in {plural(receipt.files, "file")}
        {waiting > 0 && ` and ${plural(waiting, "buffer segment")} that wait to be filed`}, the newest second included. No
        sampling. The receipt below names what was seen; <code>POST /api/v1/analytics/replay</code> gives the same figures
        for it later.
      </p>
      <pre tabIndex={0} aria-label="Receipt" className="mt-2 max-h-60 overflow-auto rounded-md bg-sunken p-3 text-xs text-ink">
        {JSON.stringify(receipt, null, 2)}
      </pre>
    </details>
  );
}

/** The days that were asked about; retention goes by periods of its own. */
function rangeIn({ question }: Receipt): { start: string; end: string } | null {
  const range = question["date_range"];
  if (typeof range !== "object" || range === null || !("start" in range) || !("end" in range)) return null;
  return { start: String(range.start), end: String(range.end) };
}
