import { queryOptions, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { answered, api, done } from "@/api/client";
import { dashboardsQuery } from "@/api/queries";
import { ifMatch, unlessStale } from "@/api/stale";
import type { Dashboard, ShownReport } from "@/api/types";
import type { Naming } from "@/ui/NameDialog";

export const dashboardQuery = (dashboardId: string, asOf: string | null) =>
  queryOptions<Dashboard>({
    queryKey: ["dashboard", dashboardId, asOf],
    queryFn: ({ signal }) =>
      answered<Dashboard>(
        api.GET("/api/v1/dashboards/{dashboard_id}", { params: { path: { dashboard_id: dashboardId }, query: asOf ? { as_of: asOf } : {} }, signal }),
      ),
  });

export const makeDashboard = (projectId: string, naming: Naming): Promise<Dashboard> =>
  answered<Dashboard>(api.POST("/api/v1/dashboards", { body: { ...naming, project_id: projectId } }));

export const deleteDashboard = (dashboardId: string): Promise<void> =>
  done(api.DELETE("/api/v1/dashboards/{dashboard_id}", { params: { path: { dashboard_id: dashboardId } } }));

type Change = Partial<Naming> & { reports?: ShownReport[] };

/** Changes a dashboard as it was seen, and shows what became of it; where somebody else was first, what they made of it. */
export async function changeDashboard(client: QueryClient, seen: Dashboard, change: Change, advice: string): Promise<void> {
  const { id, name, description, version, project_id: projectId } = seen;
  const key = dashboardQuery(id, null).queryKey;
  const params = { path: { dashboard_id: id }, header: ifMatch(version) };
  const put = answered<Dashboard>(api.PUT("/api/v1/dashboards/{dashboard_id}", { params, body: { name, description, ...change } }));
  try {
    client.setQueryData(key, await unlessStale(put, advice));
  } catch (error) {
    void client.invalidateQueries({ queryKey: key });
    throw error;
  }
  void client.invalidateQueries({ queryKey: dashboardsQuery(projectId).queryKey });
}

export function useChangeDashboard(seen: Dashboard) {
  const client = useQueryClient();
  return (change: Change) => changeDashboard(client, seen, change, "Cancel, see what they made of it, and make your change there.");
}
