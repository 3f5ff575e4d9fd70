import type { Project } from "@/api/types";
import { useSight } from "@/app/as_of";
import { INTERVALS } from "@/questions/interval";
import { LinesFigure } from "@/features/trends/LinesFigure";
import { dayOf, unfinishedNote } from "@/features/trends/notes";
import type { Answer } from "@/questions/answers";
import { isOneOf } from "@/questions/base_view";
import { EmptyState } from "@/ui/surfaces";
import { DRAWABLE_NAMES, lineOf, tilesOf, type Drawable } from "./figures";
import { Tiles } from "./Tiles";

interface ShownProps {
  answer: Answer<"sessions">;
  question: Record<string, unknown>;
  project: Project;
  /** What the chart shows. */
  shown?: Drawable;
}

/** The figures of an answer about sessions, and by period where that was asked for. */
export default function Shown({ answer, question, project, shown = "sessions" }: ShownProps) {
  const { interval, by } = question;
  const today = dayOf(useSight().now, project.timezone);
  if (answer.sessions === 0 && !answer.previous?.sessions) {
    return (
      <EmptyState title="No sessions">
        {by === "session_id"
          ? "In this range no event with a session id starts a session. Cut by pauses instead: that needs no ids."
          : "In this range no session starts. Try a longer range or fewer filters, or see under “Set up tracking” whether events arrive."}
      </EmptyState>
    );
  }
  return (
    <>
      <Tiles tiles={tilesOf(answer, answer.previous)} />
      {answer.periods && isOneOf(INTERVALS, interval) && (
        <div className="mt-6">
          <LinesFigure
            label={`${DRAWABLE_NAMES[shown]} by ${interval}`}
            lines={[lineOf(answer, shown)]}
            periods={answer.periods}
            before={answer.previous?.periods ?? null}
            interval={interval}
            chart="line"
            notes={unfinishedNote(answer.date_range.end, interval, today)}
          />
        </div>
      )}
    </>
  );
}
