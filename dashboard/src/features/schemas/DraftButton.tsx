import { useMutation } from "@tanstack/react-query";
import { useProject } from "@/app/project";
import { plural } from "@/format/numbers";
import { Button } from "@/ui/Button";
import { Progress } from "@/ui/Progress";
import { ErrorNotice } from "@/ui/surfaces";
import { fetchDraft } from "./schema_queries";
import { SeenProperties } from "./SeenProperties";

interface DraftButtonProps {
  eventType: string;
  onDraft: (schema: Record<string, unknown>) => void;
  /** Gives the text back that a draft has replaced; null where there was none of one's own. */
  onUndo: (() => void) | null;
}

/** Puts a schema into the editor that the events of the last 30 days suggest, and says what it is made of. */
export function DraftButton({ eventType, onDraft, onUndo }: DraftButtonProps) {
  const project = useProject();
  const draft = useMutation({
    mutationFn: () => fetchDraft(project.id, eventType.trim()),
    onSuccess: ({ schema, seen }) => seen.events > 0 && onDraft(schema),
  });
  const seen = draft.data?.event_type === eventType.trim() ? draft.data.seen : null;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-3">
        <Button disabled={eventType.trim() === ""} isBusy={draft.isPending} onClick={() => draft.mutate()}>
          Draft from what was seen
        </Button>
        <p role="status" className="text-sm text-quiet">
          {seen === null && "Types, what is always there, and the values where they are few: from the last 30 days."}
          {seen?.events === 0 && "No event of this type came in the last 30 days: there is nothing to make a draft of."}
          {seen && seen.events > 0 && `Drafted from ${plural(seen.events, "event")} of the last 30 days. Read it before you save it: what merely happened to be so is not a rule.`}
        </p>
        {seen && seen.events > 0 && onUndo && (
          <Button look="quiet" onClick={onUndo}>
            Take my text back
          </Button>
        )}
      </div>
      {draft.isPending && <Progress doing="Reading the events" />}
      {draft.error && <ErrorNotice error={draft.error} onRetry={() => draft.mutate()} />}
      {seen && seen.events > 0 && <SeenProperties seen={seen} />}
    </div>
  );
}
