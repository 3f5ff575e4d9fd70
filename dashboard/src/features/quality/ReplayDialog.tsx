import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ReplayAnswer } from "@/api/types";
import { useProject } from "@/app/project";
import { formatCount, plural } from "@/format/numbers";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Progress } from "@/ui/Progress";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { replay, type Chosen } from "./quality_queries";
import { refusedOf } from "./accepted_facts";
import { reasonHint, reasonTitle } from "./reasons";

interface ReplayDialogProps {
  chosen: Chosen;
  onClose: () => void;
}

/** Says what would become of the chosen events by the rules of now, sends them, and says what became of them. */
export function ReplayDialog({ chosen, onClose }: ReplayDialogProps) {
  const project = useProject();
  const client = useQueryClient();
  const [accepted, setAccepted] = useState(0); // of all calls: one takes so many at the most
  const plan = useQuery({ queryKey: ["replay-plan", project.id, chosen], queryFn: () => replay(project.id, chosen, true), gcTime: 0, staleTime: Infinity });
  const send = useMutation({
    mutationFn: () => replay(project.id, chosen, false),
    onSuccess: async (answer) => {
      setAccepted((before) => before + answer.accepted);
      await Promise.all([client.invalidateQueries({ queryKey: ["quarantine", project.id] }), client.invalidateQueries({ queryKey: ["quality", project.id] })]);
    },
  });
  const mayGoOn = send.data === undefined || (send.data.has_more && send.data.accepted > 0);
  const next = send.data ? "Send the next ones" : `Send ${formatCount(plan.data?.accepted ?? 0)} again`;
  return (
    <Dialog title="Send refused events again" onClose={onClose}>
      {plan.isPending && (
        <>
          <Progress doing="Checking them by the rules of now" />
          <Skeleton className="h-24" label="Checking them by the rules of now" />
        </>
      )}
      {plan.isError && <ErrorNotice error={plan.error} onRetry={() => void plan.refetch()} />}
      {send.isPending && <Progress doing="Sending" />}
      {send.data ? <Outcome accepted={accepted} answer={send.data} /> : plan.data && <Plan answer={plan.data} />}
      {send.error && <ErrorNotice error={send.error} />}
      <div className="mt-2 flex justify-end gap-2">
        <Button onClick={onClose}>{send.data ? "Close" : "Cancel"}</Button>
        {mayGoOn && plan.data && plan.data.accepted > 0 && (
          <Button look="primary" isBusy={send.isPending} onClick={() => send.mutate()}>
            {next}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

function Plan({ answer }: { answer: ReplayAnswer }) {
  return (
    <>
      {answer.accepted > 0 ? (
        <p>
          <strong>{plural(answer.accepted, "event")} would be accepted</strong> by the rules as they are now. They leave the quarantine, keep their ids
          and the times at which they happened, and count as accepted today. Sending twice doubles nothing.
        </p>
      ) : (
        <p>
          <strong>None would be accepted.</strong> Mend the cause first.
        </p>
      )}
      <StillRefused answer={answer} word="would still be refused, and stay here" />
      {answer.has_more && <p className="text-sm text-quiet">There are more than one call takes: this is of the oldest 10,000, the others follow.</p>}
    </>
  );
}

function Outcome({ accepted, answer }: { accepted: number; answer: ReplayAnswer }) {
  return (
    <div role="status" className="flex flex-col gap-3">
      <p>
        <strong>{plural(accepted, "event was", "events were")} accepted</strong>
        {accepted > 0 && ". Questions count them from now on; they stand in data quality within a minute or so"}.
      </p>
      <StillRefused answer={answer} word={`${refusedOf(answer.rejected) === 1 ? "is" : "are"} still refused, and stay here`} />
      {answer.has_more && (
        <p className="text-sm text-quiet">
          {answer.accepted > 0 ? "There are more." : "There are more behind the oldest 10,000, which all are refused: choose fewer days or another reason to reach them."}
        </p>
      )}
    </div>
  );
}

function StillRefused({ answer: { rejected }, word }: { answer: ReplayAnswer; word: string }) {
  const reasons = Object.entries(rejected);
  if (reasons.length === 0) return null;
  return (
    <div>
      <p>
        <strong>{plural(refusedOf(rejected), "event")}</strong> {word}:
      </p>
      <ul className="mt-1 list-disc pl-5 text-sm">
        {reasons.map(([reason, count]) => (
          <li key={reason}>
            {formatCount(count)} × {reasonTitle(reason)}. <span className="text-quiet">{reasonHint(reason)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
