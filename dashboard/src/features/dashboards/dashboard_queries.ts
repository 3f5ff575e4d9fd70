import { queryOptions, useQueryClient } from "@tanstack/react-query";
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

/** Changes a dashboard as it was seen, and shows what became of it; where somebody else was first, what they made of it. */
export function useChangeDashboard({ id, name, description, version, project_id: projectId }: Dashboard) {
  const client = useQueryClient();
  return async (change: Partial<Naming> & { reports?: ShownReport[] }): Promise<void> => {
    const key = dashboardQuery(id, null).queryKey;
    const put = answered<Dashboard>(
      api.PUT("/api/v1/dashboards/{dashboard_id}", {
        params: { path: { dashboard_id: id }, header: ifMatch(version) },
        body: { name, description, ...change },
      }),
    );
    try {
      client.setQueryData(key, await unlessStale(put, "Cancel, see what they made of it, and make your change there."));
    } catch (error) {
      void client.invalidateQueries({ queryKey: key });
      throw error;
    }
    void client.invalidateQueries({ queryKey: dashboardsQuery(projectId).queryKey });
  };
}
