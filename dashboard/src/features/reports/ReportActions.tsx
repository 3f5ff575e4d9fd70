import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { dashboardsQuery, reportsQuery } from "@/api/queries";
import type { Report } from "@/api/types";
import { useMay } from "@/app/may";
import { useSay } from "@/ui/toasts";
import { Button, ButtonLink } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { NameDialog, type Naming } from "@/ui/NameDialog";
import { deleteReport, renameReport, reportQuery } from "./report_queries";

/** What can be done with a report itself. */
export function ReportActions({ report }: { report: Report }) {
  const { id, name, project_id: projectId } = report;
  const [asked, setAsked] = useState<"name" | "delete" | null>(null);
  const client = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  const mayEdit = useMay("analyst");
  const close = () => setAsked(null);
  const rename = async (naming: Naming) => {
    client.setQueryData(reportQuery(id, null).queryKey, await renameReport(report, naming));
    await client.invalidateQueries({ queryKey: reportsQuery(projectId).queryKey });
  };
  const remove = async () => {
    await deleteReport(id);
    say(`${name} is deleted.`);
    await navigate(`/projects/${projectId}/reports`);
    await client.invalidateQueries({ queryKey: reportsQuery(projectId).queryKey });
    client.removeQueries({ queryKey: reportQuery(id, null).queryKey });
  };
  return (
    <>
      {mayEdit && <Button onClick={() => setAsked("name")}>Rename</Button>}
      <ButtonLink to={`/projects/${projectId}/history/reports/${id}`}>History</ButtonLink>
      {mayEdit && (
        <Button look="danger" onClick={() => setAsked("delete")}>
          Delete
        </Button>
      )}
      {asked === "name" && <NameDialog title="Name and description" start={report} action="Save" save={rename} onClose={close} />}
      {asked === "delete" && (
        <Confirm title={`Delete ${name}?`} action="Delete it" run={remove} onClose={close}>
          <p>The events stay, and so does the report’s history.</p>
          <WhereItStands report={report} />
        </Confirm>
      )}
    </>
  );
}

/** The dashboards that will miss it. */
function WhereItStands({ report: { id, project_id: projectId } }: { report: Report }) {
  const dashboards = useQuery(dashboardsQuery(projectId)).data?.filter(({ reports }) => reports.some((one) => one.report_id === id)) ?? [];
  if (dashboards.length === 0) return null;
  return <p>It stands on {dashboards.map((one) => `“${one.name}”`).join(", ")}, where its place will say that it was deleted.</p>;
}
