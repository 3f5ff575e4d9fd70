import { useQuery } from "@tanstack/react-query";
import { Navigate, useParams } from "react-router";
import { dashboardsQuery, projectsQuery } from "@/api/queries";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { useSight } from "./as_of";
import { lastProject } from "./last_project";

/** Nothing to see here: on to the project that was open last, or to the first steps where there is none. */
export function Front() {
  const { projectId } = useParams();
  const projects = useQuery({ ...projectsQuery, enabled: !projectId });
  if (projectId) return <ProjectFront projectId={projectId} />;
  if (projects.isPending) return <Skeleton className="m-6 h-40" />;
  if (projects.isError) return <ErrorNotice error={projects.error} onRetry={() => void projects.refetch()} />;
  const chosen = projects.data.find((one) => one.id === lastProject.read()) ?? projects.data[0];
  return chosen ? <ProjectFront projectId={chosen.id} /> : <Navigate replace to="/welcome" />;
}

/** What a team has put together to look at comes first: its dashboard, or the list of several; funnels where there is none. */
function ProjectFront({ projectId }: { projectId: string }) {
  const dashboards = useQuery(dashboardsQuery(projectId, useSight().asOf));
  if (dashboards.isPending) return <Skeleton className="m-6 h-40" />;
  const [first, second] = dashboards.data ?? [];
  const page = first ? (second ? "dashboards" : `dashboards/${first.id}`) : "funnels";
  return <Navigate replace to={`/projects/${projectId}/${page}`} />;
}
