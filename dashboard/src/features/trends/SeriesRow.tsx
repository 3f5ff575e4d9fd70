import { useQuery } from "@tanstack/react-query";
import { catalogueQuery } from "@/api/queries";
import { ConditionLines } from "@/questions/ConditionLines";
import { EventPicker } from "@/questions/EventPicker";
import { Button, IconButton } from "@/ui/Button";
import { SelectField, SuggestField } from "@/ui/Field";
import { CloseIcon } from "@/ui/icons";
import { numbersIn } from "./catalogue_numbers";
import { letterOf } from "./letters";
import { COUNTS, isFinished, isOfNumbers, MEASURES, OF_NUMBERS, type Measure, type Series } from "./series";

interface SeriesRowProps {
  projectId: string;
  place: number;
  series: Series;
  onChange: (series: Series) => void;
  /** Not there where it is the only one. */
  onRemove: (() => void) | null;
}

/** Which events a line is of, what of them, and under which conditions. */
export function SeriesRow({ projectId, place, series, onChange, onRemove }: SeriesRowProps) {
  const letter = letterOf(place);
  const numbers = numbersIn(useQuery(catalogueQuery(projectId, series.eventType || undefined)).data, series.eventType);
  const measure = (chosen: Measure) => onChange({ ...series, measure: chosen, property: isOfNumbers(chosen) ? series.property || (numbers[0] ?? "") : "" });
  const hasConditions = series.conditions.length > 0;
  return (
    <li aria-label={`Series ${letter}`} className="flex gap-3 border-b border-line pb-3 last:border-0 last:pb-0">
      <span aria-hidden className="mt-7 grid size-7 shrink-0 place-items-center rounded-md bg-accent-soft text-sm font-semibold">
        {letter}
      </span>
      <div className="flex min-w-0 grow flex-col gap-2">
        <div className="flex flex-wrap items-start gap-2">
          <EventPicker className="w-52 grow" label={`Event of ${letter}`} projectId={projectId} value={series.eventType} onChange={(eventType) => onChange({ ...series, eventType })} />
          <SelectField label={`Measure of ${letter}`} className="w-44 grow sm:grow-0" value={series.measure} onChange={({ target }) => measure(target.value as Measure)}>
            {MEASURES.map((one) => (
              <option key={one} value={one}>
                {isOfNumbers(one) ? `${OF_NUMBERS[one]} of …` : COUNTS[one]}
              </option>
            ))}
          </SelectField>
          {isOfNumbers(series.measure) && (
            <SuggestField
              label={`Property of ${letter}`}
              className="w-52 grow"
              placeholder="properties.amount"
              suggestions={numbers}
              error={isFinished(series) ? undefined : "Say which property’s numbers."}
              value={series.property}
              onChange={({ target }) => onChange({ ...series, property: target.value })}
            />
          )}
          <div className="mt-6 flex empty:hidden">
            {!hasConditions && (
              <Button look="quiet" aria-label={`Filter ${letter}`} onClick={() => onChange({ ...series, conditions: [{ property: "", operator: "eq", value: "" }] })}>
                Filter
              </Button>
            )}
            {onRemove && (
              <IconButton label={`Remove series ${letter}`} onClick={onRemove}>
                <CloseIcon />
              </IconButton>
            )}
          </div>
        </div>
        {hasConditions && (
          <ConditionLines
            label={`Only events of ${letter} where`}
            projectId={projectId}
            eventType={series.eventType}
            conditions={series.conditions}
            onChange={(conditions) => onChange({ ...series, conditions })}
          />
        )}
      </div>
    </li>
  );
}
