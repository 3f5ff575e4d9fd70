import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { catalogueQuery } from "@/api/queries";
import { ApiError } from "@/api/error";
import { useProject } from "@/app/project";
import { formatCount, formatShort } from "@/format/numbers";
import { Button } from "@/ui/Button";
import { SelectField } from "@/ui/Field";
import { Progress } from "@/ui/Progress";
import { Card } from "@/ui/surfaces";
import { DryRunResult } from "./DryRunResult";
import { SchemaRefusal } from "./SchemaRefusal";
import { dryRunQuery, type DryRunBody } from "./schema_queries";
import { DAYS, SAMPLES, type SchemaView } from "./view";

const MANY_EVENTS = 500_000; // of 30 days: all of them take longer than somebody likes to wait
const TIMED_OUT = 503;

interface DryRunProps {
  view: SchemaView;
  onChange: (change: Partial<SchemaView>) => void;
  eventType: string;
  /** Null while the text is none. */
  schema: Record<string, unknown> | null;
  lines: { lineOf: (path: string) => number; onLine: (line: number) => void };
}

/** Tries the schema as it stands in the editor on events that are stored: nothing is saved by it. */
export function DryRun({ view, onChange, eventType, schema, lines }: DryRunProps) {
  const project = useProject();
  const [asked, setAsked] = useState<DryRunBody | null>(null);
  const run = useQuery(dryRunQuery(project.id, asked));
  const count = useQuery(catalogueQuery(project.id)).data?.event_types.find((one) => one.event_type === eventType)?.count ?? 0;
  const wanted: DryRunBody | null = schema && eventType ? { event_type: eventType, schema, days: view.days, ...(view.sample === null ? {} : { sample: view.sample }) } : null;
  const isSame = JSON.stringify(wanted) === JSON.stringify(asked);
  const isTooMuch = run.error instanceof ApiError && run.error.status === TIMED_OUT;
  const begin = () => (isSame ? void run.refetch() : setAsked(wanted));
  return (
    <Card>
      <h2>Try it on stored events</h2>
      <p className="text-sm text-quiet">Says which events would have failed this text, whether it is saved or not. Nothing is changed.</p>
      <div className="mt-3 flex flex-wrap items-end gap-3">
        <SelectField label="Events of" className="w-44" value={view.days} onChange={({ target }) => onChange({ days: Number(target.value) })}>
          {DAYS.map((days) => (
            <option key={days} value={days}>
              {days === 1 ? "the last day" : `the last ${days} days`}
            </option>
          ))}
        </SelectField>
        <SelectField label="How many" className="w-52" value={view.sample ?? ""} onChange={({ target }) => onChange({ sample: Number(target.value) || null })}>
          <option value="">all of them</option>
          {SAMPLES.map((sample) => (
            <option key={sample} value={sample}>
              a sample of {formatCount(sample)}
            </option>
          ))}
        </SelectField>
        <Button look="primary" disabled={wanted === null} isBusy={run.isFetching} onClick={begin}>
          Try it
        </Button>
        {run.isFetching && (
          <Button look="quiet" onClick={() => setAsked(null)}>
            Stop
          </Button>
        )}
      </div>
      {wanted === null && <p className="mt-2 text-sm text-quiet">{eventType === "" ? "Choose an event type first." : "The text must be JSON first."}</p>}
      {count > MANY_EVENTS && view.sample === null && (
        <p className="mt-2 text-sm">{formatShort(count)} events of this type came in the last 30 days: begin with a sample, it answers in seconds.</p>
      )}
      <div className="mt-3" aria-busy={run.isFetching || undefined}>
        {run.isFetching && <Progress doing="Checking stored events" />}
        {asked && run.isError && !run.isFetching && (
          <>
            <SchemaRefusal error={run.error} {...lines} />
            {isTooMuch && <p className="mt-2 text-sm">All of them are too many for the time there is: ask for fewer days, or for a sample.</p>}
          </>
        )}
        {asked && run.data && !run.isFetching && (
          <>
            {!isSame && <p className="mb-3 rounded-md bg-warn-soft p-2 text-sm">Something was changed since: this is of what was tried. Try it again.</p>}
            <DryRunResult answer={run.data} />
          </>
        )}
      </div>
    </Card>
  );
}
