import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answered, api } from "@/api/client";
import { ApiError } from "@/api/error";
import type { Project } from "@/api/types";
import { formatMoment } from "@/format/times";
import { ButtonLink } from "@/ui/Button";
import { Skeleton } from "@/ui/surfaces";
import { AS_OF } from "./as_of";
import { Notice } from "./Notice";

/** The pages of a project as it was, where it was there at that moment. */
export function ThereThen({ asOf, project, children }: { asOf: string; project: Project; children: ReactNode }) {
  const then = useQuery({
    queryKey: ["project", project.id, asOf],
    queryFn: ({ signal }) =>
      answered<Project>(api.GET("/api/v1/projects/{project_id}", { params: { path: { project_id: project.id }, query: { as_of: asOf } }, signal })),
    placeholderData: keepPreviousData,
  });
  if (then.isPending) return <Skeleton className="h-40" />;
  if (then.error instanceof ApiError && then.error.status === 404) {
    const isBefore = new Date(asOf) < new Date(project.created_at);
    const first = `/projects/${project.id}/history?${AS_OF}=${encodeURIComponent(project.created_at)}`;
    return (
      <Notice title={isBefore ? "There was no such project yet" : "The project was deleted then"} action={<ButtonLink to={first}>See it as it was made</ButtonLink>}>
        {project.name} was made on {formatMoment(project.created_at, project.timezone)}. Choose another moment above, or go back
        to now.
      </Notice>
    );
  }
  return children;
}
