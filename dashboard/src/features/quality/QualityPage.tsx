import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import type { QualityAnswer } from "@/api/types";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { formatMoment } from "@/format/times";
import { RangePicker } from "@/questions/RangePicker";
import { daysOf } from "@/questions/ranges";
import { useAddress } from "@/questions/use_address";
import { ButtonLink } from "@/ui/Button";
import { Card, EmptyState, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { AcceptedFacts } from "./AcceptedFacts";
import { ByDay } from "./ByDay";
import { Headline } from "./Headline";
import { Losses } from "./Losses";
import { useMaySeeRefused } from "./may_see";
import { qualityQuery } from "./quality_queries";
import { receivedOf } from "./accepted_facts";
import { RefusedByReason } from "./RefusedByReason";
import { SchemaFailures } from "./SchemaFailures";
import { QUALITY_ADDRESS, quarantineLink, rangeSeen, type QualityView } from "./view";

export function Page() {
  useTitle("Data quality");
  const project = useProject();
  const sight = useSight();
  const maySeeRefused = useMaySeeRefused();
  const [view, change] = useAddress(QUALITY_ADDRESS);
  const quality = useQuery(qualityQuery(project.id, daysOf(view.range, "UTC", sight.now)));
  return (
    <>
      <PageHead title="Data quality" about="How much of what was sent has arrived, what was refused and why, and what to do about it.">
        {maySeeRefused && (
          <>
            <ButtonLink to={quarantineLink(project.id, rangeSeen(view.range, sight))}>Refused events</ButtonLink>
            <ButtonLink to={`/projects/${project.id}/schemas`}>Event schemas</ButtonLink>
          </>
        )}
      </PageHead>
      <div className="flex flex-col gap-4">
        <Card className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
          <RangePicker range={view.range} timezone="UTC" now={sight.now} onChange={(range) => change({ range })} />
          <div className="max-w-md text-sm text-quiet">
            <p>Days are UTC days on which events came in, whatever times the events tell of.</p>
            {quality.data && (
              <p>
                <strong className="font-medium text-ink">Complete until {formatMoment(quality.data.complete_until, project.timezone)}.</strong> What came later is counted within a minute or so.
              </p>
            )}
            {sight.asOf && <p>The last day is counted to its end: counts only grow.</p>}
          </div>
        </Card>
        {quality.isPending && <Skeleton className="h-96" label="Counting" />}
        {quality.isError && <ErrorNotice error={quality.error} onRetry={() => void quality.refetch()} />}
        {quality.data && (
          <div className={clsx("flex flex-col gap-4", quality.isPlaceholderData && "opacity-60 transition-opacity")}>
            <Figures answer={quality.data} view={view} onChange={change} />
          </div>
        )}
      </div>
    </>
  );
}

interface FiguresProps {
  answer: QualityAnswer;
  view: QualityView;
  onChange: (change: Partial<QualityView>) => void;
}

function Figures({ answer, view, onChange }: FiguresProps) {
  const project = useProject();
  const maySeeRefused = useMaySeeRefused();
  const range = rangeSeen(view.range, useSight());
  const { total } = answer;
  if (receivedOf(total) === 0 && total.dropped === 0) {
    return (
      <EmptyState title="Nothing has come in" action={<ButtonLink to={`/projects/${project.id}/setup`}>Set up tracking</ButtonLink>}>
        On these days no event was received, neither a good one nor one that was refused. Requests with a wrong key are not
        counted: nobody knows whose they are. What has come in within the last minute may not be counted yet.
      </EmptyState>
    );
  }
  return (
    <>
      <Headline total={total} />
      <ByDay answer={answer} chart={view.chart} onChart={(chart) => onChange({ chart })} />
      <RefusedByReason total={total} linkOf={maySeeRefused ? (reason) => quarantineLink(project.id, range, reason) : null} />
      <SchemaFailures failures={total.schema_failures} schemasAt={maySeeRefused ? `/projects/${project.id}/schemas` : null} />
      <Losses total={total} />
      <AcceptedFacts total={total} />
    </>
  );
}
