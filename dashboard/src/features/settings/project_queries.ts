import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api } from "@/api/client";
import type { ApiKey, ExpiredFile, Project, TrendsAnswer } from "@/api/types";

export const PAGE_SIZE = 20;
const ALL_DAYS_FROM = "2000-01-01";

/** The project as it is, or was. */
export const projectQuery = (projectId: string, asOf: string | null = null) =>
  queryOptions<Project>({
    queryKey: ["project", projectId, asOf],
    queryFn: ({ signal }) =>
      answered<Project>(
        api.GET("/api/v1/projects/{project_id}", { params: { path: { project_id: projectId }, query: asOf ? { as_of: asOf } : {} }, signal }),
      ),
  });

export const keysQuery = (projectId: string, asOf: string | null, page: number) =>
  queryOptions<ApiKey[]>({
    queryKey: ["api-keys", projectId, asOf, page],
    queryFn: ({ signal }) =>
      answered<ApiKey[]>(
        api.GET("/api/v1/projects/{project_id}/api-keys", {
          params: { path: { project_id: projectId }, query: { page, page_size: PAGE_SIZE, ...(asOf ? { as_of: asOf } : {}) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** The ledger of what has expired, newest first. */
export const expiredQuery = (projectId: string, page: number) =>
  queryOptions<ExpiredFile[]>({
    queryKey: ["expired", projectId, page],
    queryFn: ({ signal }) =>
      answered<ExpiredFile[]>(
        api.GET("/api/v1/projects/{project_id}/expired", {
          params: { path: { project_id: projectId }, query: { page, page_size: PAGE_SIZE } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** How many events there are up to the end of a UTC day, those of crawlers included. */
export const eventsUntilQuery = (projectId: string, lastDay: string) =>
  queryOptions<number>({
    queryKey: ["events-until", projectId, lastDay],
    queryFn: async ({ signal }) => {
      const body = {
        project_id: projectId,
        timezone: "UTC",
        start_date: ALL_DAYS_FROM,
        end_date: lastDay,
        interval: "month" as const,
        include_bots: true,
        series: [{ event_type: null }],
      };
      const { series } = await answered<TrendsAnswer>(api.POST("/api/v1/analytics/trends", { body, signal }));
      return Number(series[0]?.total);
    },
    staleTime: 0,
  });
