import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Navigate, NavigationType, Outlet, useLocation, useNavigationType, useParams, useSearchParams } from "react-router";
import { projectsQuery } from "@/api/queries";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { isBackToNow, readAsOf, withAsOf } from "./as_of";
import { lastProject } from "./last_project";
import { PastBanner } from "./PastBanner";
import { NotFoundPage } from "./NotFoundPage";
import { ProjectContext } from "./project";
import { Shell } from "./Shell";
import { ThereThen } from "./ThereThen";

/** The project that the address names, for all pages below it; whoever looks back does so on every page that they open. */
export function ProjectRoot() {
  const { projectId } = useParams();
  const [search] = useSearchParams();
  const { state, pathname, hash } = useLocation();
  const asOf = readAsOf(search);
  const [kept, setKept] = useState(asOf);
  const isReturn = useNavigationType() === NavigationType.Pop; // the browser's own back: to that address as it was
  const isLost = kept !== null && asOf === null && !isReturn && !isBackToNow(state);
  if (!isLost && kept !== asOf) setKept(asOf);
  const projects = useQuery(projectsQuery);
  const project = projects.data?.find((one) => one.id === projectId);
  useEffect(() => {
    if (project) lastProject.write(project.id);
  }, [project]);
  if (projects.isPending) return <Skeleton className="m-6 h-40" />;
  if (projects.isError) return <ErrorNotice error={projects.error} onRetry={() => void projects.refetch()} />;
  if (!project) return <NotFoundPage />;
  if (isLost) return <Navigate replace to={{ pathname, hash, search: withAsOf(search, kept).toString() }} state={state} />;
  return (
    <ProjectContext value={project}>
      <Shell projects={projects.data} project={project}>
        {asOf && <PastBanner asOf={asOf} timezone={project.timezone} />}
        {asOf ? (
          <ThereThen asOf={asOf} project={project}>
            <Outlet key={project.id} />
          </ThereThen>
        ) : (
          <Outlet key={project.id} />
        )}
      </Shell>
    </ProjectContext>
  );
}
