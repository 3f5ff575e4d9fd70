import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { Suspense } from "react";
import type { Report } from "@/api/types";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { HowCounted } from "@/questions/HowCounted";
import { Contained } from "@/ui/Contained";
import { Progress } from "@/ui/Progress";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { KINDS } from "./kinds";
import { askedOf, questionWith, type Override } from "./override";
import { reportAnswerQuery } from "./report_queries";

/** A report's figures, asked for anew, as its kind draws them. */
export function ReportAnswer({ report, override }: { report: Report; override: Override }) {
  const project = useProject();
  const answer = useQuery(reportAnswerQuery(report, askedOf(report, override, project, useSight())));
  const { Shown } = KINDS[report.kind];
  if (answer.isPending) {
    return (
      <>
        <Progress />
        <Skeleton className="h-72" label="Counting" />
      </>
    );
  }
  if (answer.isError) return <ErrorNotice error={answer.error} onRetry={() => void answer.refetch()} />;
  return (
    <div aria-busy={answer.isFetching} className="flex grow flex-col">
      {answer.isFetching && <Progress />}
      <div className={clsx("grow", answer.isPlaceholderData && "opacity-60 transition-opacity")}>
        <Contained>
          <Suspense fallback={<Skeleton className="h-72" />}>
            <Shown answer={answer.data} question={questionWith(report, override)} project={project} />
          </Suspense>
        </Contained>
      </div>
      <HowCounted receipt={answer.data.receipt} />
    </div>
  );
}
