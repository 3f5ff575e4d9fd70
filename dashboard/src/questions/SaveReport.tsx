import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "@/api/client";
import { dashboardsQuery, reportsQuery } from "@/api/queries";
import type { Report } from "@/api/types";
import { useProject } from "@/app/project";
import { changeDashboard } from "@/features/dashboards/dashboard_queries";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { SelectField, TextField } from "@/ui/Field";
import { ErrorNotice } from "@/ui/surfaces";
import { useSay } from "@/ui/toasts";
import type { Kind } from "./answers";

interface SaveReportProps {
  kind: Kind;
  question: Record<string, unknown>;
  name: string;
  onClose: () => void;
}

/** Keeps a question with a name, and puts it on a dashboard where one is chosen. */
export function SaveReport({ kind, question, name: suggested, onClose }: SaveReportProps) {
  const project = useProject();
  const client = useQueryClient();
  const say = useSay();
  const dashboards = useQuery(dashboardsQuery(project.id));
  const [name, setName] = useState(suggested);
  const [dashboardId, setDashboardId] = useState("");
  const [made, setMade] = useState<Report | null>(null); // where only the dashboard has failed, it is not made once more
  const save = useMutation({
    mutationFn: async () => {
      const body = { project_id: project.id, kind, name: name.trim(), question };
      const report = made ?? (await answered<Report>(api.POST("/api/v1/reports", { body })));
      setMade(report);
      const dashboard = dashboards.data?.find((one) => one.id === dashboardId);
      if (!dashboard || dashboard.reports.some((one) => one.report_id === report.id)) return;
      const reports = [...dashboard.reports, { report_id: report.id }];
      await changeDashboard(client, dashboard, { reports }, "Save again, and it is put on what they made of it.");
    },
    onSuccess: () => {
      say(`${name} is saved.`);
      onClose();
    },
    onError: () => client.invalidateQueries({ queryKey: dashboardsQuery(project.id).queryKey }), // the next attempt is on the newest
    onSettled: () => void client.invalidateQueries({ queryKey: reportsQuery(project.id).queryKey }),
  });
  return (
    <Dialog title="Save as a report" onClose={onClose}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <TextField label="Name" required maxLength={200} disabled={made !== null} value={name} onChange={({ target }) => setName(target.value)} />
        <SelectField label="Put it on a dashboard" value={dashboardId} onChange={({ target }) => setDashboardId(target.value)}>
          <option value="">None</option>
          {dashboards.data?.map(({ id, name: title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </SelectField>
        {save.error && made && <p>The report is saved, but is not on the dashboard yet.</p>}
        {save.error && <ErrorNotice error={save.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" isBusy={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
