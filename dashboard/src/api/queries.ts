import { QueryClient, queryOptions } from "@tanstack/react-query";
import { answered, api } from "./client";
import { ApiError } from "./error";
import { every, type Paging } from "./every";
import type { Catalogue, Cohort, Dashboard, Funnel, Project, Report, Template, TrackingCode, User } from "./types";

const CLIENT_ERRORS_FROM = 400;
const SERVER_ERRORS_FROM = 500;

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
    every((paging) => answered<Project[]>(api.GET("/api/v1/projects", { params: { query: { ...paging } }, signal }))),
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
const listed = (projectId: string, asOf: string | null, paging: Paging) => ({
  params: { query: { project_id: projectId, ...paging, ...past(asOf) } },
});
const past = (asOf: string | null) => (asOf ? { as_of: asOf } : {});

export const funnelsQuery = (projectId: string, asOf: string | null = null) =>
  queryOptions<Funnel[]>({
    queryKey: ["funnels", projectId, asOf],
    queryFn: ({ signal }) => every((paging) => answered<Funnel[]>(api.GET("/api/v1/funnels", { ...listed(projectId, asOf, paging), signal }))),
  });

export const reportsQuery = (projectId: string, asOf: string | null = null) =>
  queryOptions<Report[]>({
    queryKey: ["reports", projectId, asOf],
    queryFn: ({ signal }) => every((paging) => answered<Report[]>(api.GET("/api/v1/reports", { ...listed(projectId, asOf, paging), signal }))),
  });

export const dashboardsQuery = (projectId: string, asOf: string | null = null) =>
  queryOptions<Dashboard[]>({
    queryKey: ["dashboards", projectId, asOf],
    queryFn: ({ signal }) => every((paging) => answered<Dashboard[]>(api.GET("/api/v1/dashboards", { ...listed(projectId, asOf, paging), signal }))),
  });

export const cohortsQuery = (projectId: string, asOf: string | null = null) =>
  queryOptions<Cohort[]>({
    queryKey: ["cohorts", projectId, asOf],
    queryFn: ({ signal }) => every((paging) => answered<Cohort[]>(api.GET("/api/v1/cohorts", { ...listed(projectId, asOf, paging), signal }))),
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
