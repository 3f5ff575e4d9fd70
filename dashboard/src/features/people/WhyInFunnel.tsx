import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { funnelQuery } from "@/api/queries";
import type { Explained, Funnel, Project } from "@/api/types";
import { definitionOf, rulesInWords } from "@/features/funnels/definition";
import { explainQuery } from "@/features/funnels/funnel_queries";
import { useView } from "@/features/funnels/use_view";
import { questionOf } from "@/features/funnels/view";
import { formatMoment } from "@/format/times";
import { CheckIcon } from "@/ui/icons";
import { Card, ErrorNotice, Skeleton } from "@/ui/surfaces";

interface WhyProps {
  project: Project;
  funnelId: string;
  personId: string;
}

/** Which of a person's events fills which stage of a funnel, and what stopped them. */
export function WhyInFunnel({ project, funnelId, personId }: WhyProps) {
  const funnel = useQuery(funnelQuery(funnelId));
  if (funnel.isPending) return <Skeleton className="h-40" />;
  if (funnel.isError) return <ErrorNotice error={funnel.error} onRetry={() => void funnel.refetch()} />;
  return <Explanation project={project} funnel={funnel.data} personId={personId} />;
}

function Explanation({ project, funnel, personId }: { project: Project; funnel: Funnel; personId: string }) {
  const [view] = useView();
  const body = { ...definitionOf(funnel), ...questionOf(view, project.id, project.timezone, new Date()) };
  const explained = useQuery(explainQuery(body, personId));
  return (
    <Card>
      <h2>Why they count in {funnel.name}</h2>
      <p className="mb-3 text-sm text-quiet">The stages {rulesInWords(funnel)}.</p>
      {explained.isPending && <Skeleton className="h-32" />}
      {explained.isError && <ErrorNotice error={explained.error} onRetry={() => void explained.refetch()} />}
      {explained.data && <Stages explained={explained.data} timezone={project.timezone} />}
    </Card>
  );
}

function Stages({ explained, timezone }: { explained: Explained; timezone: string }) {
  return (
    <>
      {!explained.counts && <p className="mb-2 font-medium">They are not in this funnel.</p>}
      <ol className="flex flex-col gap-2">
        {explained.stages.map(({ order, stage_name: name, at, event_id: eventId }) => (
          <li key={order} className="flex items-start gap-3">
            <span className={clsx("mt-0.5 grid size-6 shrink-0 place-items-center rounded-full text-sm", at ? "bg-good-soft text-good" : "bg-sunken text-quiet")}>
              {at ? <CheckIcon /> : order}
            </span>
            <span className="min-w-0">
              <span className="font-medium">{name}</span>
              <span className="block text-sm text-quiet">
                {at ? `${formatMoment(at, timezone)}, by event ${eventId ?? ""}` : "not reached"}
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
