import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api } from "@/api/client";
import type { ListedSession, SessionListBody, WholePerson } from "@/api/types";

export const SESSIONS_PER_PAGE = 20;
const SUGGESTED = 20;

/** Whose ids begin so, the last seen first. */
export const peopleQuery = (projectId: string, beginning: string) =>
  queryOptions({
    queryKey: ["people-named", projectId, beginning],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/projects/{project_id}/persons", {
          params: { path: { project_id: projectId }, query: { page_size: SUGGESTED, ...(beginning ? { search: beginning } : {}) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** Who somebody is, by any of their ids. */
export const namedPersonQuery = (projectId: string, personId: string) =>
  queryOptions<WholePerson>({
    queryKey: ["person", projectId, personId, "named"],
    queryFn: ({ signal }) =>
      answered<WholePerson>(
        api.GET("/api/v1/projects/{project_id}/persons/{person_id}", {
          params: { path: { project_id: projectId, person_id: personId }, query: { page_size: 1 } },
          signal,
        }),
      ),
  });

export const sessionListQuery = (body: SessionListBody, page: number) =>
  queryOptions<ListedSession[]>({
    queryKey: ["session-list", body, page],
    queryFn: ({ signal }) =>
      answered<ListedSession[]>(api.POST("/api/v1/analytics/sessions/list", { params: { query: { page, page_size: SESSIONS_PER_PAGE } }, body, signal })),
    placeholderData: keepPreviousData,
  });
