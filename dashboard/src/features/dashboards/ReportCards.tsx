import { clsx } from "clsx";
import { useRef } from "react";
import { Link } from "react-router";
import type { Dashboard, Report } from "@/api/types";
import { writeOverride, type Override } from "@/features/reports/override";
import { ReportAnswer } from "@/features/reports/ReportAnswer";
import { Card } from "@/ui/surfaces";
import { DeletedReport } from "./DeletedReport";
import { widthOf } from "./layout";
import { useNear } from "./use_near";

interface ReportCardsProps {
  dashboard: Dashboard;
  /** All of the project. */
  reports: readonly Report[];
  override: Override;
}

/** The reports of a dashboard in their order, two in a row where there is room for two. */
export function ReportCards({ dashboard, reports, override }: ReportCardsProps) {
  return (
    <ul className="grid gap-4 lg:grid-cols-2">
      {dashboard.reports.map((shown) => {
        const report = reports.find((one) => one.id === shown.report_id);
        return (
          <li key={shown.report_id} className={clsx("min-w-0", widthOf(shown) === "wide" && "lg:col-span-2")}>
            {report ? <ReportCard report={report} override={override} /> : <DeletedReport dashboard={dashboard} reportId={shown.report_id} />}
          </li>
        );
      })}
    </ul>
  );
}

/** Asks its question once it is about to be seen: a long dashboard does not ask everything at once. */
function ReportCard({ report, override }: { report: Report; override: Override }) {
  const place = useRef<HTMLDivElement>(null);
  const isNear = useNear(place);
  const search = writeOverride({ override }).toString();
  return (
    <Card className="flex h-full flex-col">
      <h2 className="break-words">
        <Link className="hover:text-accent hover:underline" to={`/projects/${report.project_id}/reports/${report.id}${search && `?${search}`}`}>
          {report.name}
        </Link>
      </h2>
      {report.description && <p className="text-sm text-quiet">{report.description}</p>}
      <div ref={place} className="mt-3 flex grow flex-col">
        {isNear ? <ReportAnswer report={report} override={override} /> : <div className="h-72 rounded-md bg-sunken" />}
      </div>
    </Card>
  );
}
