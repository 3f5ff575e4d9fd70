import type { FunnelAnswer, Receipt } from "@/api/types";
import { formatRange } from "@/format/times";
import { plural } from "@/format/numbers";

/** The receipt in words, and as it is: with it the same figures can be asked for again later. */
export function HowCounted({ receipt, dateRange }: { receipt: Receipt; dateRange: FunnelAnswer["date_range"] }) {
  const waiting = Object.keys(receipt.segments).length;
  return (
    <details className="mt-5 border-t border-line pt-3 text-sm text-quiet">
      <summary className="w-fit">
        {formatRange(dateRange.start, dateRange.end)} · How was this counted?
      </summary>
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
