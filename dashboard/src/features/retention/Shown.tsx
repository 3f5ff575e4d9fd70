import type { Project, RetentionAnswer } from "@/api/types";
import { isInterval } from "@/questions/interval";
import Curve from "./Curve";
import { HeatMap } from "./HeatMap";
import { linesOf } from "./lines";
import { PERIODS_MOST } from "./view";

interface ShownProps {
  answer: RetentionAnswer;
  question: Record<string, unknown>;
  project: Project;
}

/** A saved question's cohorts; where it is broken down, or has too many cohorts to read, the curves. */
export default function Shown({ answer, question }: ShownProps) {
  const interval = isInterval(question["interval"]) ? question["interval"] : "day";
  if (answer.breakdown || answer.periods.length > PERIODS_MOST) return <Curve lines={linesOf(answer)} interval={interval} hasTable={false} />;
  return <HeatMap answer={answer} question={question} figures="percent" value={null} />;
}
