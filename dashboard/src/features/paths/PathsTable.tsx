import type { PathsAnswer } from "@/api/types";
import { formatCount, formatPercent } from "@/format/numbers";
import { formatDuration } from "@/format/times";
import { FigureTable } from "@/ui/chart_parts";
import { rowsOf } from "./rows";

/** Every link and every end of walks as a list, those that share a box in the picture included. */
export function PathsTable({ answer }: { answer: Pick<PathsAnswer, "nodes" | "links"> }) {
  return (
    <FigureTable
      caption="From each step to the next"
      heads={["From → to", "Walks", "People", "Of the step", "Time between"]}
      rows={rowsOf(answer).map(({ name, walks, people, percent, seconds }) => [
        name,
        formatCount(walks),
        people === null ? "–" : formatCount(people),
        formatPercent(percent),
        formatDuration(seconds),
      ])}
    />
  );
}
