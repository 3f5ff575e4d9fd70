import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "@/api/client";
import type { DryRunAnswer, EventSchema, SchemaDraft, StoredEvent } from "@/api/types";

export const SCHEMAS_PER_PAGE = 50;

const past = (asOf: string | null) => (asOf ? { as_of: asOf } : {});

export const schemasQuery = (projectId: string, asOf: string | null, page: number) =>
  queryOptions<EventSchema[]>({
    queryKey: ["schemas", projectId, asOf, page],
    queryFn: ({ signal }) =>
      answered<EventSchema[]>(
        api.GET("/api/v1/projects/{project_id}/schemas", {
          params: { path: { project_id: projectId }, query: { page, page_size: SCHEMAS_PER_PAGE, ...past(asOf) } },
          signal,
        }),
      ),
  });

export const schemaQuery = (projectId: string, schemaId: string, asOf: string | null = null) =>
  queryOptions<EventSchema>({
    queryKey: ["schema", projectId, schemaId, asOf],
    queryFn: ({ signal }) =>
      answered<EventSchema>(
        api.GET("/api/v1/projects/{project_id}/schemas/{schema_id}", {
          params: { path: { project_id: projectId, schema_id: schemaId }, query: past(asOf) },
          signal,
        }),
      ),
    staleTime: 0, // a change must be made on the newest version
  });

export function fetchDraft(projectId: string, eventType: string): Promise<SchemaDraft> {
  const params = { path: { project_id: projectId }, query: { event_type: eventType } };
  return answered<SchemaDraft>(api.GET("/api/v1/projects/{project_id}/schemas/draft", { params }));
}

/** What is tried on stored events. */
export interface DryRunBody {
  event_type: string;
  schema: Record<string, unknown>;
  days: number;
  sample?: number;
}

/** Asked once only: what takes too long takes too long again. */
export const dryRunQuery = (projectId: string, body: DryRunBody | null) =>
  queryOptions<DryRunAnswer>({
    queryKey: ["schema-dry-run", projectId, JSON.stringify(body)],
    queryFn: ({ signal }) => {
      const call = { params: { path: { project_id: projectId } }, body: body as DryRunBody, signal };
      return answered<DryRunAnswer>(api.POST("/api/v1/projects/{project_id}/schemas/dry-run", call));
    },
    enabled: body !== null,
    retry: false,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });

export const storedEventQuery = (projectId: string, eventId: string) =>
  queryOptions<StoredEvent>({
    queryKey: ["stored-event", projectId, eventId],
    queryFn: ({ signal }) =>
      answered<StoredEvent>(
        api.GET("/api/v1/projects/{project_id}/events/{event_id}", { params: { path: { project_id: projectId, event_id: eventId } }, signal }),
      ),
    staleTime: Infinity,
  });
