import { QueryClient, queryOptions } from "@tanstack/react-query";
import { answered, api } from "./client";
import { ApiError } from "./error";
import type { Catalogue, Cohort, Dashboard, Funnel, Project, Report, Template, TrackingCode, User } from "./types";

const CLIENT_ERRORS_FROM = 400;
const SERVER_ERRORS_FROM = 500;
const PAGE_SIZE = 100;

/** What the server has refused is not asked again; what it could not do now is, twice. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (count, error) => {
          const status = error instanceof ApiError ? error.status : 0;
          return count < 2 && !(status >= CLIENT_ERRORS_FROM && status < SERVER_ERRORS_FROM);
        },
      },
    },
  });
}

export const meQuery = queryOptions<User>({
  queryKey: ["me"],
  queryFn: ({ signal }) => answered<User>(api.GET("/api/v1/auth/me", { signal })),
  staleTime: 300_000,
});

export const projectsQuery = queryOptions<Project[]>({
  queryKey: ["projects"],
  queryFn: ({ signal }) =>
    answered<Project[]>(api.GET("/api/v1/projects", { params: { query: { page_size: PAGE_SIZE } }, signal })),
});

export const trackingCodeQuery = (projectId: string) =>
  queryOptions<TrackingCode>({
    queryKey: ["tracking-code", projectId],
    queryFn: ({ signal }) =>
      answered<TrackingCode>(
        api.GET("/api/v1/projects/{project_id}/tracking-code", { params: { path: { project_id: projectId } }, signal }),
      ),
  });

export const templatesQuery = queryOptions<Template[]>({
  queryKey: ["templates"],
  queryFn: ({ signal }) => answered<Template[]>(api.GET("/api/v1/funnels/templates", { signal })),
  staleTime: Infinity,
});

/** How a list is asked for: of a project, and as it was at a moment where one is named. */
const listed = (projectId: string, asOf: string | null, page = 1) => ({
  params: { query: { project_id: projectId, page, page_size: PAGE_SIZE, ...past(asOf) } },
});
const past = (asOf: string | null) => (asOf ? { as_of: asOf } : {});

/** A whole list, page after page. */
async function every<T>(fetchPage: (page: number) => Promise<T[]>): Promise<T[]> {
  const found: T[] = [];
  for (let page = 1; ; page += 1) {
    const some = await fetchPage(page);
    found.push(...some);
    if (some.length < PAGE_SIZE) return found;
  }
}

export const funnelsQuery = (projectId: string, asOf: string | null = null) =>
  queryOptions<Funnel[]>({
    queryKey: ["funnels", projectId, asOf],
    queryFn: ({ signal }) => answered<Funnel[]>(api.GET("/api/v1/funnels", { ...listed(projectId, asOf), signal })),
  });

export const reportsQuery = (projectId: string, asOf: string | null = null) =>
  queryOptions<Report[]>({
    queryKey: ["reports", projectId, asOf],
    queryFn: ({ signal }) => every((page) => answered<Report[]>(api.GET("/api/v1/reports", { ...listed(projectId, asOf, page), signal }))),
  });

export const dashboardsQuery = (projectId: string, asOf: string | null = null) =>
  queryOptions<Dashboard[]>({
    queryKey: ["dashboards", projectId, asOf],
    queryFn: ({ signal }) => every((page) => answered<Dashboard[]>(api.GET("/api/v1/dashboards", { ...listed(projectId, asOf, page), signal }))),
  });

export const cohortsQuery = (projectId: string, asOf: string | null = null) =>
  queryOptions<Cohort[]>({
    queryKey: ["cohorts", projectId, asOf],
    queryFn: ({ signal }) => answered<Cohort[]>(api.GET("/api/v1/cohorts", { ...listed(projectId, asOf), signal })),
  });

export const funnelQuery = (funnelId: string, asOf: string | null = null) =>
  queryOptions<Funnel>({
    queryKey: ["funnel", funnelId, asOf],
    queryFn: ({ signal }) =>
      answered<Funnel>(
        api.GET("/api/v1/funnels/{funnel_id}", { params: { path: { funnel_id: funnelId }, query: past(asOf) }, signal }),
      ),
  });

/** What there is to ask about; of one event type more of its properties and values. */
export const catalogueQuery = (projectId: string, eventType?: string) =>
  queryOptions<Catalogue>({
    queryKey: ["catalogue", projectId, eventType ?? null],
    queryFn: ({ signal }) =>
      answered<Catalogue>(
        api.GET("/api/v1/projects/{project_id}/catalogue", {
          params: { path: { project_id: projectId }, query: eventType ? { event_type: eventType } : {} },
          signal,
        }),
      ),
    staleTime: 120_000,
  });
