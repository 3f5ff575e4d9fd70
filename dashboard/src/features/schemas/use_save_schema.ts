import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { answered, api } from "@/api/client";
import { ApiError } from "@/api/error";
import { ifMatch, isStale, unlessStale } from "@/api/stale";
import type { EventSchema, SchemaMode } from "@/api/types";
import { useProject } from "@/app/project";
import { useSay } from "@/ui/toasts";
import { LEAVES_NOTHING } from "@/ui/unsaved";
import { schemaQuery } from "./schema_queries";

const INVALID = 422;

export interface Saving {
  eventType: string;
  /** Which the schema was read from. */
  text: string;
  schema: Record<string, unknown>;
  mode: SchemaMode;
  /** Events may fail then that pass now. */
  isBreaking: boolean;
}

/** Saves a new schema, or the next version of one; a change that somebody else has made meanwhile is not overwritten. */
export function useSaveSchema(saved: EventSchema | null, onSaved: (schema: EventSchema, text: string) => void) {
  const project = useProject();
  const client = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  return useMutation({
    mutationFn: (saving: Saving) => send(project.id, saved, saving),
    onError: (error) => {
      if (saved && isStale(error)) void client.invalidateQueries({ queryKey: schemaQuery(project.id, saved.id).queryKey });
    },
    onSuccess: async (schema, { text }) => {
      client.setQueryData(schemaQuery(project.id, schema.id).queryKey, schema);
      onSaved(schema, text);
      say(`The schema of ${schema.event_type} is saved. The next event is checked by it.`);
      await client.invalidateQueries({ queryKey: ["schemas", project.id] });
      if (!saved) await navigate(`/projects/${project.id}/schemas/${schema.id}`, LEAVES_NOTHING);
    },
  });
}

async function send(projectId: string, saved: EventSchema | null, { eventType, schema, mode, isBreaking }: Saving): Promise<EventSchema> {
  if (!saved) {
    const params = { path: { project_id: projectId } };
    return answered<EventSchema>(api.POST("/api/v1/projects/{project_id}/schemas", { params, body: { event_type: eventType, schema, mode } }));
  }
  const params = { path: { project_id: projectId, schema_id: saved.id }, header: ifMatch(saved.version) };
  const put = answered<EventSchema>(api.PUT("/api/v1/projects/{project_id}/schemas/{schema_id}", { params, body: { schema, mode, breaking: isBreaking } }));
  return unlessStale(put, "Copy your text, open the schema anew, and make your changes there.");
}

/** Whether a change was refused because events may fail then that pass now: the API says so in its first word. */
export const isBreak = (error: unknown): error is ApiError => error instanceof ApiError && error.status === INVALID && error.message.startsWith("Breaking");
