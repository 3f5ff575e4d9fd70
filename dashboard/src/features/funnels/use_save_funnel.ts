import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { answered, api } from "@/api/client";
import { ApiError } from "@/api/error";
import { funnelQuery, funnelsQuery } from "@/api/queries";
import type { Funnel } from "@/api/types";
import { useSay } from "@/ui/toasts";
import { toDefinition, type Draft } from "./draft";

const STALE = 412;

/** Saves a new funnel, or the next version of one; a change that somebody else has made meanwhile is not overwritten. */
export function useSaveFunnel(projectId: string, saved: Funnel | null) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  return useMutation({
    mutationFn: (draft: Draft) => send(projectId, saved, draft),
    onSuccess: async (funnel) => {
      client.setQueryData(funnelQuery(funnel.id).queryKey, funnel);
      await client.invalidateQueries({ queryKey: funnelsQuery(projectId).queryKey });
      say(`${funnel.name} is saved.`);
      await navigate(`/projects/${projectId}/funnels/${funnel.id}`);
    },
  });
}

async function send(projectId: string, saved: Funnel | null, draft: Draft): Promise<Funnel> {
  const body = { name: draft.name.trim(), description: draft.description.trim() || null, ...toDefinition(draft) };
  if (!saved) return answered<Funnel>(api.POST("/api/v1/funnels", { body: { ...body, project_id: projectId } }));
  try {
    return await answered<Funnel>(
      api.PUT("/api/v1/funnels/{funnel_id}", {
        params: { path: { funnel_id: saved.id }, header: { "If-Match": `"${saved.version}"` } },
        body,
      }),
    );
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== STALE) throw error;
    throw new ApiError(STALE, "Somebody else has changed this funnel meanwhile. Open it anew, and make your changes there.");
  }
}
