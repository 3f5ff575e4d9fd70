import { Button, IconButton } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { CloseIcon, PlusIcon } from "@/ui/icons";
import { Card } from "@/ui/surfaces";
import { letterOf, withoutLetter } from "./letters";
import { newSeries, SERIES_MAX, type Series } from "./series";
import { SeriesRow } from "./SeriesRow";
import type { View } from "./view";

const FORMULAS_MAX = 20;

interface SeriesEditorProps {
  projectId: string;
  series: readonly Series[];
  formulas: readonly string[];
  /** What is wrong with formulas, by their places. */
  errors: ReadonlyMap<number, string>;
  onChange: (change: Partial<View>) => void;
}

/** What the lines are: series of events, and what is computed from them. */
export function SeriesEditor({ projectId, series, formulas, errors, onChange }: SeriesEditorProps) {
  const remove = (place: number) =>
    onChange({ series: series.filter((_, at) => at !== place), formulas: withoutLetter(formulas, place), drawn: null });
  const write = (place: number, text: string) => onChange({ formulas: formulas.map((one, at) => (at === place ? text : one)), drawn: null });
  return (
    <Card>
      <h2 className="sr-only">Series</h2>
      <ol className="flex flex-col gap-3">
        {series.map((one, place) => (
          <SeriesRow
            key={place}
            projectId={projectId}
            place={place}
            series={one}
            onChange={(changed) => onChange({ series: series.map((other, at) => (at === place ? changed : other)) })}
            onRemove={series.length > 1 ? () => remove(place) : null}
          />
        ))}
      </ol>
      {formulas.map((formula, place) => (
        <div key={place} className="mt-3 flex items-start gap-3 border-t border-line pt-3">
          <span aria-hidden className="mt-7 grid size-7 shrink-0 place-items-center rounded-md bg-accent-soft text-sm font-semibold">
            F{place + 1}
          </span>
          <TextField
            label={`Formula F${place + 1}`}
            className="max-w-xl min-w-0 grow"
            placeholder="B / A * 100"
            spellCheck={false}
            autoComplete="off"
            hint={`Of ${lettersOf(series.length)}, numbers, + − * / and brackets.`}
            error={errors.get(place)}
            value={formula}
            onChange={({ target }) => write(place, target.value)}
          />
          <IconButton
            label={`Remove formula F${place + 1}`}
            className="mt-6"
            onClick={() => onChange({ formulas: formulas.filter((_, at) => at !== place), drawn: null })}
          >
            <CloseIcon />
          </IconButton>
        </div>
      ))}
      <div className="mt-3 flex flex-wrap gap-2">
        {series.length < SERIES_MAX && (
          <Button onClick={() => onChange({ series: [...series, newSeries(series.at(-1)?.eventType ?? "")], drawn: null })}>
            <PlusIcon />
            Add a series
          </Button>
        )}
        {formulas.length < FORMULAS_MAX && (
          <Button onClick={() => onChange({ formulas: [...formulas, series.length > 1 ? "B / A * 100" : ""], drawn: null })}>
            <PlusIcon />
            Add a formula
          </Button>
        )}
      </div>
    </Card>
  );
}

const lettersOf = (count: number): string => (count === 1 ? "A" : `A to ${letterOf(count - 1)}`);
