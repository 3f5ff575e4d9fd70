import { useQuery } from "@tanstack/react-query";
import { Navigate, useParams } from "react-router";
import { projectsQuery } from "@/api/queries";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { lastProject } from "./last_project";

/** Nothing to see here: on to the project that was open last, or to the first steps where there is none. */
export function Front() {
  const { projectId } = useParams();
  const projects = useQuery({ ...projectsQuery, enabled: !projectId });
  if (projectId) return <Navigate replace to={`/projects/${projectId}/funnels`} />;
  if (projects.isPending) return <Skeleton className="m-6 h-40" />;
  if (projects.isError) return <ErrorNotice error={projects.error} onRetry={() => void projects.refetch()} />;
  const chosen = projects.data.find((one) => one.id === lastProject.read()) ?? projects.data[0];
  return <Navigate replace to={chosen ? `/projects/${chosen.id}/funnels` : "/welcome"} />;
}
