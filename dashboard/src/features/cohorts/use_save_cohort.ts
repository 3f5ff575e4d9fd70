import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { answered, api } from "@/api/client";
import { ApiError } from "@/api/error";
import type { Cohort } from "@/api/types";
import { useSay } from "@/ui/toasts";
import type { SavedForm } from "./draft";

const STALE = 412;

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
  try {
    return await answered<Cohort>(
      api.PUT("/api/v1/cohorts/{cohort_id}", {
        params: { path: { cohort_id: saved.id }, header: { "If-Match": `"${saved.version}"` } },
        body,
      }),
    );
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== STALE) throw error;
    throw new ApiError(STALE, "Somebody else has changed this cohort meanwhile. Open it anew, and make your changes there.");
  }
}
