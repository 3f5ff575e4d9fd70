import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { reportsQuery } from "@/api/queries";
import type { Dashboard } from "@/api/types";
import { useSight } from "@/app/as_of";
import { useMay } from "@/app/may";
import { readOverride, writeOverride } from "@/features/reports/override";
import { RangeChoice } from "@/features/reports/RangeChoice";
import { useAddress } from "@/questions/use_address";
import { Button } from "@/ui/Button";
import { ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { DashboardActions } from "./DashboardActions";
import { NothingOnIt } from "./NothingOnIt";
import { ReportCards } from "./ReportCards";

const Editor = lazy(() => import("./Editor"));
const WRITING = { read: readOverride, write: writeOverride };

/** A dashboard's reports, or while it is edited their places. */
export function DashboardView({ dashboard }: { dashboard: Dashboard }) {
  const { asOf } = useSight();
  const reports = useQuery(reportsQuery(dashboard.project_id, asOf));
  const [{ override }, change] = useAddress(WRITING);
  const [isEditing, setIsEditing] = useState(false);
  const mayEdit = useMay("analyst");
  const edit = mayEdit ? () => setIsEditing(true) : null;
  return (
    <>
      <PageHead title={dashboard.name} about={dashboard.description ?? "How things stand: saved reports side by side, counted just now."}>
        {!isEditing && edit && <Button onClick={edit}>Edit</Button>}
        {!isEditing && <DashboardActions dashboard={dashboard} />}
      </PageHead>
      {reports.isPending && <Skeleton className="h-80" />}
      {reports.isError && <ErrorNotice error={reports.error} onRetry={() => void reports.refetch()} />}
      {reports.data && isEditing && mayEdit && (
        <Suspense fallback={<Skeleton className="h-80" />}>
          <Editor dashboard={dashboard} reports={reports.data} onClose={() => setIsEditing(false)} />
        </Suspense>
      )}
      {reports.data && !(isEditing && mayEdit) && dashboard.reports.length === 0 && <NothingOnIt hasReports={reports.data.length > 0} onEdit={edit} />}
      {reports.data && !(isEditing && mayEdit) && dashboard.reports.length > 0 && (
        <>
          <div className="mb-4">
            <RangeChoice override={override} onChange={(chosen) => change({ override: chosen })} />
          </div>
          <ReportCards dashboard={dashboard} reports={reports.data} override={override} />
        </>
      )}
    </>
  );
}
