import type { Project } from "@/api/types";
import { useSight } from "@/app/as_of";
import { INTERVALS } from "@/questions/interval";
import type { Answer } from "@/questions/answers";
import { isOneOf } from "@/questions/base_view";
import { EmptyState } from "@/ui/surfaces";
import { drawnOf, linesOf } from "./lines";
import { LinesFigure } from "./LinesFigure";
import { averageNote, dayOf, lettersNote, unfinishedNote } from "./notes";
import type { ChartType } from "./view";

interface ShownProps {
  answer: Answer<"trends">;
  question: Record<string, unknown>;
  project: Project;
  chart?: ChartType;
  /** The keys of the lines to draw; null: as usual. */
  drawn?: readonly string[] | null;
}

/** The chart of an answer about trends. */
export default function Shown({ answer, question, project, chart = "line", drawn = null }: ShownProps) {
  const today = dayOf(useSight().now, project.timezone);
  const interval = isOneOf(INTERVALS, question["interval"]) ? question["interval"] : "day";
  const lines = linesOf(answer, question);
  if (lines.every((line) => ![line.total, line.before?.total, ...line.data].some(Boolean))) {
    return (
      <EmptyState title="Nothing to show">
        In this range nothing was counted of what is asked for. Try a longer range or fewer filters, or see under “Set up
        tracking” whether such events arrive.
      </EmptyState>
    );
  }
  const shown = drawnOf(lines, question, drawn);
  return (
    <LinesFigure
      label={`Trends by ${interval}`}
      lines={shown}
      periods={answer.periods}
      before={answer.previous?.periods ?? null}
      interval={interval}
      chart={chart}
      notes={[...lettersNote(lines, shown), ...averageNote(question, interval), ...unfinishedNote(answer.date_range.end, interval, today)]}
    />
  );
}
