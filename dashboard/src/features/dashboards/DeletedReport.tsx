import { useMutation } from "@tanstack/react-query";
import type { Dashboard } from "@/api/types";
import { useMay } from "@/app/may";
import { Button, ButtonLink } from "@/ui/Button";
import { Card } from "@/ui/surfaces";
import { useSay } from "@/ui/toasts";
import { useChangeDashboard } from "./dashboard_queries";
import { without } from "./layout";

/** The place of a report that is no more: nothing vanishes from a dashboard without a word. */
export function DeletedReport({ dashboard, reportId }: { dashboard: Dashboard; reportId: string }) {
  const mayEdit = useMay("analyst");
  const say = useSay();
  const change = useChangeDashboard(dashboard);
  const takeOff = useMutation({
    mutationFn: () => change({ reports: without(dashboard.reports, reportId) }),
    onError: (error) => say(error.message),
  });
  return (
    <Card className="flex h-full flex-col items-start gap-3">
      <h2>This report was deleted</h2>
      <p className="text-sm text-quiet">Its place is kept until it is taken off. The history knows who deleted it, and what it asked.</p>
      <div className="flex flex-wrap gap-2">
        {mayEdit && (
          <Button isBusy={takeOff.isPending} onClick={() => takeOff.mutate()}>
            Take it off
          </Button>
        )}
        <ButtonLink to={`/projects/${dashboard.project_id}/history/reports/${reportId}`}>History</ButtonLink>
      </div>
    </Card>
  );
}
