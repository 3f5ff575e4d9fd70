import { lazy, Suspense, useEffect, useState } from "react";
import { useLocation } from "react-router";
import type { Receipt } from "@/api/types";
import { plural } from "@/format/numbers";
import { formatRange } from "@/format/times";
import { Skeleton } from "@/ui/surfaces";
import { receiptMemory } from "./receipt_memory";
import { rangeIn } from "./receipt_range";

const WhyChanged = lazy(() => import("./WhyChanged")); // few ask for it

/** The receipt in words, and as it is: with it the same figures can be asked for again later, and compared. */
export function HowCounted({ receipt }: { receipt: Receipt }) {
  const { pathname: place } = useLocation();
  const [isOpen, setIsOpen] = useState(false);
  const waiting = Object.keys(receipt.segments).length;
  const range = rangeIn(receipt);
  useEffect(() => {
    const projectId = receipt.question["project_id"];
    if (typeof projectId === "string") receiptMemory.add(projectId, { place, receipt });
  }, [receipt, place]);
  return (
    <details className="mt-5 border-t border-line pt-3 text-sm text-quiet" onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary className="w-fit">{range && `${formatRange(range.start, range.end)} · `}How was this counted?</summary>
      <p className="mt-2 max-w-prose">
        Exactly, over {plural(receipt.events, "event")} in {plural(receipt.files, "file")}
        {waiting > 0 && ` and ${plural(waiting, "buffer segment")} that wait to be filed`}, the newest second included. No
        sampling. The receipt below names what was seen: with it these figures can be asked for again later, and compared.
      </p>
      <pre tabIndex={0} aria-label="Receipt" className="mt-2 max-h-60 overflow-auto rounded-md bg-sunken p-3 text-xs text-ink">
        {JSON.stringify(receipt, null, 2)}
      </pre>
      {isOpen && (
        <Suspense fallback={<Skeleton className="mt-4 h-24" />}>
          <WhyChanged key={receipt.signature} receipt={receipt} place={place} />
        </Suspense>
      )}
    </details>
  );
}
