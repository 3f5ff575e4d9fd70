import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { dashboardsQuery } from "@/api/queries";
import type { Dashboard } from "@/api/types";
import { useMay } from "@/app/may";
import { Button, ButtonLink } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { NameDialog } from "@/ui/NameDialog";
import { useSay } from "@/ui/toasts";
import { dashboardQuery, deleteDashboard, useChangeDashboard } from "./dashboard_queries";

/** What can be done with a dashboard itself. */
export function DashboardActions({ dashboard }: { dashboard: Dashboard }) {
  const { id, name, project_id: projectId } = dashboard;
  const [asked, setAsked] = useState<"name" | "delete" | null>(null);
  const client = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  const mayEdit = useMay("analyst");
  const change = useChangeDashboard(dashboard);
  const close = () => setAsked(null);
  const remove = async () => {
    await deleteDashboard(id);
    say(`${name} is deleted.`);
    await client.invalidateQueries({ queryKey: dashboardsQuery(projectId).queryKey });
    await navigate(`/projects/${projectId}/dashboards`);
    client.removeQueries({ queryKey: dashboardQuery(id, null).queryKey });
  };
  return (
    <>
      {mayEdit && <Button onClick={() => setAsked("name")}>Rename</Button>}
      <ButtonLink to={`/projects/${projectId}/history/dashboards/${id}`}>History</ButtonLink>
      {mayEdit && (
        <Button look="danger" onClick={() => setAsked("delete")}>
          Delete
        </Button>
      )}
      {asked === "name" && <NameDialog title="Name and description" start={dashboard} action="Save" save={change} onClose={close} />}
      {asked === "delete" && (
        <Confirm title={`Delete ${name}?`} action="Delete it" run={remove} onClose={close}>
          <p>Its reports stay under Saved reports, and its history stays.</p>
        </Confirm>
      )}
    </>
  );
}
