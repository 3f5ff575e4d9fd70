import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Outlet, useParams } from "react-router";
import { projectsQuery } from "@/api/queries";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { lastProject } from "./last_project";
import { NotFoundPage } from "./NotFoundPage";
import { ProjectContext } from "./project";
import { Shell } from "./Shell";

/** The project that the address names, for all pages below it. */
export function ProjectRoot() {
  const { projectId } = useParams();
  const projects = useQuery(projectsQuery);
  const project = projects.data?.find((one) => one.id === projectId);
  useEffect(() => {
    if (project) lastProject.write(project.id);
  }, [project]);
  if (projects.isPending) return <Skeleton className="m-6 h-40" />;
  if (projects.isError) return <ErrorNotice error={projects.error} onRetry={() => void projects.refetch()} />;
  if (!project) return <NotFoundPage />;
  return (
    <ProjectContext value={project}>
      <Shell projects={projects.data} project={project}>
        <Outlet key={project.id} />
      </Shell>
    </ProjectContext>
  );
}
