import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { HistoryEntry } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Diff } from "@/ui/Diff";
import { Checkbox } from "@/ui/Field";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { useSay } from "@/ui/toasts";
import { planQuery, revertTo, type Subject } from "./history_queries";
import { kindOf } from "./kinds";

interface RestoreProps {
  subject: Subject;
  version: number;
  newest: HistoryEntry;
  onClose: () => void;
}

/** Shows what going back to a version would change, then does it. It makes a new version: nothing is lost. */
export function Restore({ subject, version, newest, onClose }: RestoreProps) {
  const client = useQueryClient();
  const say = useSay();
  const [isBreaking, setIsBreaking] = useState(false);
  const plan = useQuery(planQuery(subject, version, newest.version));
  const work = useMutation({
    mutationFn: () => revertTo(subject, version, newest.version, isBreaking),
    onSuccess: () => {
      say(`${newest.name ?? "It"} is as it was in version ${version}.`);
      onClose();
    },
    onSettled: () => client.invalidateQueries(), // lists, answers and histories: it may stand in any
  });
  const isSame = plan.data?.changes.length === 0;
  return (
    <Dialog title={`Restore version ${version}?`} onClose={onClose}>
      {plan.isPending && <Skeleton className="h-24" label="Finding out what would change" />}
      {plan.isError && <ErrorNotice error={plan.error} onRetry={() => void plan.refetch()} />}
      {isSame && <p>Nothing would change: this {kindOf(subject.kind).words} is now as it was then.</p>}
      {plan.data && !isSame && (
        <>
          <p>This would change, as a new version that can be taken back as well:</p>
          <div className="max-h-[50vh] overflow-y-auto" tabIndex={0} role="region" aria-label="What would change">
            <Diff changes={plan.data.changes} isPlanned />
          </div>
          {subject.kind === "project" && <p className="text-sm text-quiet">Events, keys, members and sessions stay as they are.</p>}
          {subject.kind === "schema" && (
            <Checkbox label="Also where events that pass now would fail then" checked={isBreaking} onChange={({ target }) => setIsBreaking(target.checked)} />
          )}
        </>
      )}
      {work.error && <ErrorNotice error={work.error} />}
      <div className="mt-2 flex justify-end gap-2">
        <Button onClick={onClose}>{isSame ? "Close" : "Cancel"}</Button>
        {!isSame && (
          <Button look="primary" disabled={!plan.data} isBusy={work.isPending} onClick={() => work.mutate()}>
            Restore it
          </Button>
        )}
      </div>
    </Dialog>
  );
}
