import type { ReactNode } from "react";
import type { Quality } from "@/api/types";
import { formatCount, formatPercent } from "@/format/numbers";
import { refusedOf } from "./accepted_facts";

/** The four figures that tell whether all is well. */
export function Headline({ total }: { total: Quality }) {
  const isWhole = total.dropped === 0;
  return (
    <dl className="grid gap-3 sm:grid-cols-2 xl:grid-cols-4">
      <Figure name="Accepted" value={formatCount(total.accepted)}>
        Stored, and in every figure.
      </Figure>
      <Figure name="Refused" value={formatCount(refusedOf(total.rejected))} share={total.rejection_rate}>
        Not as they must be: kept in the quarantine.
      </Figure>
      <Figure name="Duplicates" value={formatCount(total.duplicates)} share={total.duplicate_rate}>
        Sent again with an id that is stored: harmless, counted once.
      </Figure>
      <Figure name="Capture rate" value={formatPercent(total.capture_rate)}>
        {isWhole ? "Accepted of all that senders tell of; none had to drop any." : "Accepted of accepted, refused and dropped by senders."}
      </Figure>
    </dl>
  );
}

function Figure({ name, value, share, children }: { name: string; value: string; share?: number | null; children: ReactNode }) {
  return (
    <div className="rounded-lg border border-line bg-surface p-4">
      <dt className="text-sm font-medium text-quiet">{name}</dt>
      <dd>
        <span className="text-2xl font-semibold tabular-nums">{value}</span>
        {share !== undefined && share !== null && <span className="ml-2 text-quiet tabular-nums">{formatPercent(share)} of all</span>}
        <span className="mt-1 block text-sm text-quiet">{children}</span>
      </dd>
    </div>
  );
}
