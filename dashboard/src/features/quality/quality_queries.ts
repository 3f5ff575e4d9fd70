import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api, fetchFile } from "@/api/client";
import type { QualityAnswer, Refused, ReplayAnswer } from "@/api/types";

const RECOUNTED_MILLISECONDS = 30_000; // the flush counts what came in about once a minute
export const REFUSED_PER_PAGE = 20;

interface Days {
  start_date: string;
  end_date: string;
}

export const qualityQuery = (projectId: string, days: Days) =>
  queryOptions<QualityAnswer>({
    queryKey: ["quality", projectId, days],
    queryFn: ({ signal }) =>
      answered<QualityAnswer>(
        api.GET("/api/v1/projects/{project_id}/data-quality", { params: { path: { project_id: projectId }, query: days }, signal }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: RECOUNTED_MILLISECONDS,
  });

/** The refused events that are meant: all that meet every condition. */
export interface Wanted extends Days {
  reason?: string;
}

/** Which of them are sent again: all that are meant, or these. */
export type Chosen = Wanted | { ids: string[] };

export interface RefusedPage {
  events: Refused[];
  /** On all pages. */
  count: number;
}

export const quarantineQuery = (projectId: string, wanted: Wanted, page: number) =>
  queryOptions<RefusedPage>({
    queryKey: ["quarantine", projectId, wanted, page],
    queryFn: async ({ signal }) => {
      const params = { path: { project_id: projectId }, query: { ...wanted, page, page_size: REFUSED_PER_PAGE } };
      const call = api.GET("/api/v1/projects/{project_id}/quarantine", { params, signal });
      const events = await answered<Refused[]>(call);
      return { events, count: countIn((await call).response) ?? events.length };
    },
    placeholderData: keepPreviousData,
  });

/** Sends refused events again, or asks what would become of them. */
export function replay(projectId: string, chosen: Chosen, isDryRun: boolean): Promise<ReplayAnswer> {
  const params = { path: { project_id: projectId } };
  return answered<ReplayAnswer>(
    api.POST("/api/v1/projects/{project_id}/quarantine/replay", { params, body: { ...chosen, dry_run: isDryRun } }),
  );
}

/** The same events as a file of JSON Lines. */
export function fetchQuarantine(projectId: string, wanted: Wanted): Promise<Blob> {
  const query = new URLSearchParams({ ...wanted });
  return fetchFile(new Request(`/api/v1/projects/${projectId}/quarantine/download?${query.toString()}`));
}

function countIn(response: Response): number | null {
  const said: unknown = JSON.parse(response.headers.get("X-Pagination") ?? "null");
  return typeof said === "object" && said !== null && "total" in said ? Number(said.total) : null;
}
