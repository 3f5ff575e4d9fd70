import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { ApiError } from "@/api/error";
import { useSight } from "@/app/as_of";
import { NotFoundPage } from "@/app/NotFoundPage";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { dashboardQuery } from "./dashboard_queries";
import { DashboardView } from "./DashboardView";

export function Page() {
  const { dashboardId = "" } = useParams();
  const project = useProject();
  const dashboard = useQuery(dashboardQuery(dashboardId, useSight().asOf));
  useTitle(dashboard.data?.name);
  if (dashboard.isPending) return <Skeleton className="h-80" />;
  const isMissing = dashboard.error instanceof ApiError && dashboard.error.status === 404;
  if (isMissing || (dashboard.data && dashboard.data.project_id !== project.id)) return <NotFoundPage />;
  if (dashboard.isError) return <ErrorNotice error={dashboard.error} onRetry={() => void dashboard.refetch()} />;
  return <DashboardView key={dashboard.data.id} dashboard={dashboard.data} />;
}
