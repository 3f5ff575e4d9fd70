import { useQuery } from "@tanstack/react-query";
import type { Project } from "@/api/types";
import { formatRange } from "@/format/times";
import { plural } from "@/format/numbers";
import { Confirm } from "@/ui/Confirm";
import { Progress } from "@/ui/Progress";
import { eventsUntilQuery } from "./project_queries";

interface KeepLessProps {
  project: Project;
  days: number;
  /** The last UTC day that goes at the next removal. */
  lastDay: string;
  save: () => Promise<unknown>;
  onClose: () => void;
}

/** Before events are kept for a shorter time: how many go by that, and that they do not come back. */
export function KeepLess({ project, days, lastDay, save, onClose }: KeepLessProps) {
  const going = useQuery(eventsUntilQuery(project.id, lastDay));
  const shown = formatRange(lastDay, lastDay);
  return (
    <Confirm title={`Keep events for ${plural(days, "day")} only?`} action="Keep less" run={save} onClose={onClose}>
      {going.isPending && <Progress doing="Counting what goes" />}
      <p>
        {going.data === 0 && `No event is as old as ${shown} now: nothing goes at once.`}
        {going.data !== undefined && going.data > 0 && (
          <>
            <strong>{plural(going.data, "event")}</strong> of up to {shown} (UTC) {going.data === 1 ? "goes" : "go"} at the next removal.
          </>
        )}
        {going.data === undefined && `Events of up to ${shown} (UTC) go at the next removal.`}
      </p>
      <p>What is removed does not come back: a longer time later keeps only what is still there then.</p>
    </Confirm>
  );
}
