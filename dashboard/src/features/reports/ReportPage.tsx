import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { ApiError } from "@/api/error";
import type { Report } from "@/api/types";
import { useSight } from "@/app/as_of";
import { NotFoundPage } from "@/app/NotFoundPage";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { formatMoment } from "@/format/times";
import { useAddress } from "@/questions/use_address";
import { Card, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { KINDS } from "./kinds";
import { OpenQuestion } from "./OpenQuestion";
import { readOverride, writeOverride } from "./override";
import { ReportRange } from "./RangeChoice";
import { ReportActions } from "./ReportActions";
import { ReportAnswer } from "./ReportAnswer";
import { reportQuery } from "./report_queries";

const WRITING = { read: readOverride, write: writeOverride };

export function Page() {
  const { reportId = "" } = useParams();
  const project = useProject();
  const report = useQuery(reportQuery(reportId, useSight().asOf));
  const [{ override }, change] = useAddress(WRITING);
  useTitle(report.data?.name);
  if (report.isPending) return <Skeleton className="h-80" />;
  const isMissing = report.error instanceof ApiError && report.error.status === 404;
  if (isMissing || (report.data && report.data.project_id !== project.id)) return <NotFoundPage />;
  if (report.isError) return <ErrorNotice error={report.error} onRetry={() => void report.refetch()} />;
  return (
    <>
      <PageHead title={report.data.name} about={<About report={report.data} timezone={project.timezone} />}>
        <OpenQuestion report={report.data} override={override} />
        <ReportActions report={report.data} />
      </PageHead>
      <div className="flex flex-col gap-4">
        <Card>
          <ReportRange report={report.data} override={override} onChange={(chosen) => change({ override: chosen })} />
        </Card>
        <Card>
          <ReportAnswer key={report.data.id} report={report.data} override={override} />
        </Card>
      </div>
    </>
  );
}

function About({ report, timezone }: { report: Report; timezone: string }) {
  return (
    <>
      <span className="block">{report.description ?? "A saved question, asked anew whenever it is opened."}</span>
      <span className="block text-sm">
        {KINDS[report.kind].label} · last changed {formatMoment(report.updated_at, timezone)}
      </span>
    </>
  );
}
