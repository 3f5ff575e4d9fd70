import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { dashboardsQuery } from "@/api/queries";
import { useSight } from "@/app/as_of";
import { useMay } from "@/app/may";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { plural } from "@/format/numbers";
import { formatMoment } from "@/format/times";
import { Button } from "@/ui/Button";
import { PlusIcon } from "@/ui/icons";
import { NameDialog, type Naming } from "@/ui/NameDialog";
import { EmptyState, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { makeDashboard } from "./dashboard_queries";

export function Page() {
  useTitle("Dashboards");
  const project = useProject();
  const client = useQueryClient();
  const navigate = useNavigate();
  const mayEdit = useMay("analyst");
  const [isNaming, setIsNaming] = useState(false);
  const dashboards = useQuery(dashboardsQuery(project.id, useSight().asOf));
  const make = async (naming: Naming) => {
    const made = await makeDashboard(project.id, naming);
    void client.invalidateQueries({ queryKey: dashboardsQuery(project.id).queryKey });
    await navigate(made.id);
  };
  return (
    <>
      <PageHead title="Dashboards" about="Saved reports side by side: how things stand, at one look.">
        {mayEdit && dashboards.data && dashboards.data.length > 0 && (
          <Button look="primary" onClick={() => setIsNaming(true)}>
            <PlusIcon />
            New dashboard
          </Button>
        )}
      </PageHead>
      {dashboards.isPending && <Skeleton className="h-48" />}
      {dashboards.isError && <ErrorNotice error={dashboards.error} onRetry={() => void dashboards.refetch()} />}
      {dashboards.data?.length === 0 && (
        <EmptyState
          title="No dashboard yet"
          action={
            mayEdit && (
              <Button look="primary" onClick={() => setIsNaming(true)}>
                Make one
              </Button>
            )
          }
        >
          A dashboard shows the reports that a team looks at every day. Make one, then put saved reports on it.
        </EmptyState>
      )}
      {dashboards.data && dashboards.data.length > 0 && (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
          {dashboards.data.map(({ id, name, description, reports, updated_at: changed }) => (
            <li key={id} className="relative flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 px-4 py-3.5 hover:bg-sunken">
              <div className="min-w-0">
                <Link to={id} className="font-semibold break-words after:absolute after:inset-0">
                  {name}
                </Link>
                {description && <p className="text-sm text-quiet">{description}</p>}
              </div>
              <p className="text-sm text-quiet">
                {plural(reports.length, "report")} · {formatMoment(changed, project.timezone)}
              </p>
            </li>
          ))}
        </ul>
      )}
      {isNaming && <NameDialog title="New dashboard" start={{ name: "", description: null }} action="Make it" save={make} onClose={() => setIsNaming(false)} />}
    </>
  );
}
