import type { ComponentType } from "react";
import { createBrowserRouter, type RouteObject } from "react-router";
import { Skeleton } from "@/ui/surfaces";
import { Front } from "./Front";
import { NotFoundPage } from "./NotFoundPage";
import { ProjectRoot } from "./ProjectRoot";
import { RequireSession } from "./RequireSession";
import { Root } from "./Root";
import { RouteError } from "./RouteError";

/** A page in a file of its own, loaded when somebody goes there. Each file's page is its `Page`. */
const page = (load: () => Promise<{ Page: ComponentType }>) => async () => ({
  Component: (await load()).Page,
});

/** Every page's address. What a page shows of its subject (range, filters, tab, …) stands in the query behind it. */
export const routes: RouteObject[] = [
  {
    element: <Root />,
    errorElement: <RouteError />,
    hydrateFallbackElement: <Skeleton className="m-6 h-40" />,
    children: [
      { path: "/sign-in", lazy: page(() => import("@/features/account/SignIn")) },
      { path: "/register", lazy: page(() => import("@/features/account/Register")) },
      {
        element: <RequireSession />,
        children: [
          { index: true, element: <Front /> },
          { path: "/welcome", lazy: page(() => import("@/features/setup/NameProject")) },
          {
            path: "/projects/:projectId",
            element: <ProjectRoot />,
            children: [
              {
                errorElement: <RouteError />,
                children: [
                  { index: true, element: <Front /> },
                  { path: "setup", lazy: page(() => import("@/features/setup/Setup")) },
                  { path: "funnels", lazy: page(() => import("@/features/funnels/FunnelList")) },
                  { path: "funnels/new", lazy: page(() => import("@/features/funnels/FunnelBuilder")) },
                  { path: "funnels/:funnelId", lazy: page(() => import("@/features/funnels/FunnelResult")) },
                  { path: "funnels/:funnelId/edit", lazy: page(() => import("@/features/funnels/FunnelBuilder")) },
                  { path: "dashboards", lazy: page(() => import("@/features/dashboards/DashboardList")) },
                  { path: "dashboards/:dashboardId", lazy: page(() => import("@/features/dashboards/DashboardPage")) },
                  { path: "reports", lazy: page(() => import("@/features/reports/ReportList")) },
                  { path: "reports/:reportId", lazy: page(() => import("@/features/reports/ReportPage")) },
                  { path: "retention", lazy: page(() => import("@/features/retention/RetentionPage")) },
                  { path: "lifecycle", lazy: page(() => import("@/features/lifecycle/LifecyclePage")) },
                  { path: "stickiness", lazy: page(() => import("@/features/stickiness/StickinessPage")) },
                  { path: "trends", lazy: page(() => import("@/features/trends/TrendsPage")) },
                  { path: "sessions", lazy: page(() => import("@/features/sessions/SessionsPage")) },
                  { path: "paths", lazy: page(() => import("@/features/paths/PathsPage")) },
                  { path: "live", lazy: page(() => import("@/features/live/LivePage")) },
                  { path: "people", lazy: page(() => import("@/features/people/PeopleList")) },
                  { path: "cohorts", lazy: page(() => import("@/features/cohorts/CohortList")) },
                  { path: "cohorts/:cohortId", lazy: page(() => import("@/features/cohorts/CohortPage")) },
                  { path: "quality", lazy: page(() => import("@/features/quality/QualityPage")) },
                  { path: "quarantine", lazy: page(() => import("@/features/quality/QuarantinePage")) },
                  { path: "schemas", lazy: page(() => import("@/features/schemas/SchemaList")) },
                  { path: "schemas/:schemaId", lazy: page(() => import("@/features/schemas/SchemaPage")) },
                  { path: "history", lazy: page(() => import("@/features/history/HistoryPage")) },
                  { path: "history/:kind/:subjectId", lazy: page(() => import("@/features/history/SubjectHistory")) },
                  { path: "settings", lazy: page(() => import("@/features/settings/SettingsPage")) },
                  { path: "members", lazy: page(() => import("@/features/members/MembersPage")) },
                  { path: "jobs", lazy: page(() => import("@/features/jobs/JobsPage")) },
                  { path: "account", lazy: page(() => import("@/features/account/AccountPage")) },
                  { path: "people/:personId", lazy: page(() => import("@/features/people/PersonPage")) },
                  { path: "*", element: <NotFoundPage /> },
                ],
              },
            ],
          },
        ],
      },
      { path: "*", element: <NotFoundPage /> },
    ],
  },
];

export const makeRouter = () => createBrowserRouter(routes);
