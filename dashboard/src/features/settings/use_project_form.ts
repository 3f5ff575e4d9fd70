import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "@/api/client";
import { fieldErrors } from "@/api/error";
import { projectsQuery } from "@/api/queries";
import { ifMatch, unlessStale } from "@/api/stale";
import type { Project, ProjectBody } from "@/api/types";
import { useSay } from "@/ui/toasts";
import { projectQuery } from "./project_queries";
import { tidy } from "./tidy";

/** One section's part of the project, as its form has it, and as it is sent. */
export interface Part<Draft> {
  toDraft: (project: Project) => Draft;
  toBody: (draft: Draft) => Partial<ProjectBody>;
}

export interface ProjectForm<Draft> {
  draft: Draft;
  change: (changed: Partial<Draft>) => void;
  isDirty: boolean;
  discard: () => void;
  save: () => Promise<unknown>;
  isSaving: boolean;
  /** What was refused, by field. */
  fields: ReadonlyMap<string, string>;
  error: Error | null;
}

/**
 * A section's form. What is being changed belongs to the version that it was begun on: news of the project that come
 * meanwhile neither overwrite it nor are overwritten by it.
 */
export function useProjectForm<Draft extends object>(project: Project, { toDraft, toBody }: Part<Draft>): ProjectForm<Draft> {
  const [edited, setEdited] = useState<{ base: Project; draft: Draft } | null>(null);
  const client = useQueryClient();
  const say = useSay();
  const draft = edited?.draft ?? toDraft(project);
  const base = edited?.base ?? project;
  const isDirty = JSON.stringify(draft) !== JSON.stringify(toDraft(base));
  const work = useMutation({
    mutationFn: (wanted: Draft) => send(base, toBody(wanted)),
    onSuccess: (saved) => {
      client.setQueryData(projectQuery(saved.id).queryKey, saved);
      setEdited(null);
      say("The settings are saved.");
      const isCalendarOther = saved.timezone !== base.timezone || saved.week_start !== base.week_start;
      return client.invalidateQueries(isCalendarOther ? {} : { queryKey: projectsQuery.queryKey }); // every answer is counted by the calendar
    },
  });
  return {
    draft,
    change: (changed) => {
      if (hasOtherLines(draft, changed)) work.reset();
      setEdited({ base, draft: { ...draft, ...changed } });
    },
    isDirty,
    discard: () => {
      setEdited(null);
      work.reset();
      void client.invalidateQueries({ queryKey: projectQuery(project.id).queryKey });
    },
    save: () => {
      const wanted = tidy(draft); // shown as it is sent: a line that is refused is told by its place
      setEdited({ base, draft: wanted });
      return work.mutateAsync(wanted);
    },
    isSaving: work.isPending,
    fields: fieldErrors(work.error),
    error: work.error,
  };
}

/** Whether lines come or go: what was refused is told by a line's place, and would stand beside another. */
function hasOtherLines<Draft extends object>(draft: Draft, changed: Partial<Draft>): boolean {
  return Object.entries(changed).some(([name, value]) => {
    const before: unknown = draft[name as keyof Draft];
    return Array.isArray(value) && Array.isArray(before) && value.length !== before.length;
  });
}

function send(base: Project, part: Partial<ProjectBody>): Promise<Project> {
  const params = { path: { project_id: base.id }, header: ifMatch(base.version) };
  const put = answered<Project>(api.PUT("/api/v1/projects/{project_id}", { params, body: { name: base.name, ...part } }));
  return unlessStale(put, "Discard your changes to see theirs, and make yours anew.");
}
