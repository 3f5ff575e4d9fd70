import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { answered, api } from "@/api/client";
import { ifMatch, unlessStale } from "@/api/stale";
import type { Cohort } from "@/api/types";
import { useSay } from "@/ui/toasts";
import type { SavedForm } from "./draft";

/** Saves a new cohort, or the next version of one; a change that somebody else has made meanwhile is not overwritten. */
export function useSaveCohort(projectId: string, saved: Cohort | null) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  return useMutation({
    mutationFn: (form: SavedForm) => send(projectId, saved, form),
    onSuccess: async (cohort) => {
      say(`${cohort.name} is saved.`);
      await client.invalidateQueries(); // whatever was filtered by it has other figures now
      await navigate(`/projects/${projectId}/cohorts/${cohort.id}`);
    },
  });
}

async function send(projectId: string, saved: Cohort | null, body: SavedForm): Promise<Cohort> {
  if (!saved) return answered<Cohort>(api.POST("/api/v1/cohorts", { body: { ...body, project_id: projectId } }));
  const params = { path: { cohort_id: saved.id }, header: ifMatch(saved.version) };
  return unlessStale(answered<Cohort>(api.PUT("/api/v1/cohorts/{cohort_id}", { params, body })), "Open the cohort anew, and make your changes there.");
}
