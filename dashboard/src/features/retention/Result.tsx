import { lazy, Suspense, useMemo } from "react";
import type { RetentionAnswer } from "@/api/types";
import { isInterval } from "@/questions/interval";
import { valueName } from "@/questions/value_names";
import { SelectField } from "@/ui/Field";
import { EmptyState, Skeleton } from "@/ui/surfaces";
import { FiguresToggle } from "./FiguresToggle";
import { sizeOf } from "./heat";
import { HeatMap, ValueTable } from "./HeatMap";
import { linesOf } from "./lines";
import { meaningOf } from "./meaning";
import type { View } from "./view";

const Curve = lazy(() => import("./Curve"));
const ALL = "all";
const optionOf = (value: string): string => `=${value}`; // a value may be called all, or nothing

interface ResultProps {
  answer: RetentionAnswer;
  view: View;
  onChange: (change: Partial<View>) => void;
}

/** The cohorts as a heat map, and all of them as a curve. */
export function Result({ answer, view, onChange }: ResultProps) {
  const lines = useMemo(() => linesOf(answer), [answer]);
  const question = answer.receipt.question; // what these figures are of: the controls may be ahead of them
  if (sizeOf(answer.matrix) === 0) {
    return (
      <EmptyState title="There is no cohort">
        Nobody did the first event in the periods shown. Choose another event, more or longer periods, or see under “Set up
        tracking” whether events arrive.
      </EmptyState>
    );
  }
  const { breakdown } = answer;
  const value = breakdown?.some((row) => row.value[0] === view.value) ? view.value : null;
  return (
    <>
      <p className="mb-4 max-w-prose text-quiet">{meaningOf(question)}</p>
      <div className="mb-3 flex flex-wrap items-end gap-3">
        <FiguresToggle figures={view.figures} onChange={(figures) => onChange({ figures })} />
        {breakdown && (
          <SelectField label="Cohorts of" className="w-44" value={value === null ? ALL : optionOf(value)} onChange={({ target }) => onChange({ value: target.value === ALL ? null : target.value.slice(1) })}>
            <option value={ALL}>All together</option>
            {breakdown.map(({ value }) => (
              <option key={value[0]} value={optionOf(value[0] ?? "")}>
                {valueName(value)}
              </option>
            ))}
          </SelectField>
        )}
      </div>
      <HeatMap answer={answer} question={question} figures={view.figures} value={value} />
      <h2 className="mt-8 mb-3">{breakdown && view.breakdown ? `By ${view.breakdown}` : "All cohorts as a curve"}</h2>
      <Suspense fallback={<Skeleton className="h-64" />}>
        <Curve lines={lines} interval={isInterval(question["interval"]) ? question["interval"] : "day"} hasTable={Boolean(breakdown)} />
      </Suspense>
      {breakdown && view.breakdown && (
        <div className="mt-4">
          <ValueTable answer={answer} question={question} property={view.breakdown} />
        </div>
      )}
    </>
  );
}
