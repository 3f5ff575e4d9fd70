import { clsx } from "clsx";
import type { Explained } from "@/api/types";
import { rulesInWords } from "@/features/funnels/definition";
import { formatMoment } from "@/format/times";
import { CheckIcon } from "@/ui/icons";
import { Card, ErrorNotice, Skeleton } from "@/ui/surfaces";
import type { useExplained } from "./use_explained";

/** Which of a person's events fills which stage of a funnel, and what stopped them. */
export function WhyInFunnel({ funnel, explained, timezone }: ReturnType<typeof useExplained> & { timezone: string }) {
  if (funnel.isPending) return <Skeleton className="h-40" />;
  if (funnel.isError) return <ErrorNotice error={funnel.error} onRetry={() => void funnel.refetch()} />;
  return (
    <Card>
      <h2>Why they count in {funnel.data.name}</h2>
      <p className="mb-3 text-sm text-quiet">The stages {rulesInWords(funnel.data)}.</p>
      {explained.isPending && <Skeleton className="h-32" />}
      {explained.isError && <ErrorNotice error={explained.error} onRetry={() => void explained.refetch()} />}
      {explained.data && <Stages explained={explained.data} timezone={timezone} />}
    </Card>
  );
}

function Stages({ explained, timezone }: { explained: Explained; timezone: string }) {
  return (
    <>
      {!explained.counts && <p className="mb-2 font-medium">They are not in this funnel.</p>}
      <ol className="flex flex-col gap-2">
        {explained.stages.map(({ order, stage_name: name, at }) => (
          <li key={order} className="flex items-start gap-3">
            <span className={clsx("mt-0.5 grid size-6 shrink-0 place-items-center rounded-full text-sm", at ? "bg-good-soft text-good" : "bg-sunken text-quiet")}>
              {at ? <CheckIcon /> : order}
            </span>
            <span className="min-w-0">
              <span className="font-medium">{name}</span>
              <span className="block text-sm text-quiet">
                {at ? formatMoment(at, timezone) : "not reached"}
              </span>
            </span>
          </li>
        ))}
      </ol>
      {explained.stopped && (
        <p className="mt-3 rounded-md bg-warn-soft p-3 text-sm">
          <span className="font-medium">Stopped before stage {explained.stopped.stage}:</span> {explained.stopped.reason}
        </p>
      )}
    </>
  );
}
