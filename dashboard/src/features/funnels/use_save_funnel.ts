import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { answered, api } from "@/api/client";
import { funnelQuery, funnelsQuery } from "@/api/queries";
import { ifMatch, unlessStale } from "@/api/stale";
import type { Funnel } from "@/api/types";
import { useSay } from "@/ui/toasts";
import { toDefinition, type Draft } from "./draft";

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
  const params = { path: { funnel_id: saved.id }, header: ifMatch(saved.version) };
  return unlessStale(answered<Funnel>(api.PUT("/api/v1/funnels/{funnel_id}", { params, body })), "Open the funnel anew, and make your changes there.");
}
