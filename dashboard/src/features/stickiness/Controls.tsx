import type { Project } from "@/api/types";
import { BaseControls } from "@/questions/BaseControls";
import { isOneOf } from "@/questions/base_view";
import { CountByField } from "@/questions/CountByField";
import { EventWhere } from "@/questions/EventWhere";
import type { Interval } from "@/questions/interval";
import { IntervalField } from "@/questions/IntervalField";
import { Checkbox, SelectField } from "@/ui/Field";
import { NumberField } from "@/ui/NumberField";
import { LENGTH_MOST, OPERATORS, TIMES_MOST, type Operator, type View } from "./view";

const OPERATOR_NAMES: Record<Operator, string> = {
  gte: "at least",
  eq: "exactly",
  lte: "at most",
  gt: "more than",
  lt: "fewer than",
  ne: "not exactly",
};

const LENGTH_NAMES: Record<Interval, string> = { hour: "Hours", day: "Days", week: "Weeks", month: "Months" };

interface ControlsProps {
  project: Project;
  view: View;
  onChange: (change: Partial<View>) => void;
}

/** What counts as active, and in what periods. */
export function Controls({ project, view, onChange }: ControlsProps) {
  return (
    <BaseControls project={project} view={view} onChange={onChange}>
      <IntervalField interval={view.interval} onChange={(interval) => onChange({ interval })} />
      <NumberField label={`${LENGTH_NAMES[view.interval]} to a period`} className="w-32 grow" value={view.length} most={LENGTH_MOST} onChange={(length) => onChange({ length })} />
      <CountByField projectId={project.id} countBy={view.countBy} onChange={(countBy) => onChange({ countBy })} />
      <div className="grid w-full grid-cols-2 items-start gap-x-3 gap-y-2 sm:grid-cols-[minmax(0,1fr)_10rem_8rem]">
        <div className="col-span-2 sm:col-span-1">
          <EventWhere label="Active means: they did" projectId={project.id} event={view.event} onChange={(event) => onChange({ event })} />
        </div>
        <SelectField label="In a period" value={view.operator} onChange={({ target }) => isOneOf(OPERATORS, target.value) && onChange({ operator: target.value })}>
          {OPERATORS.map((one) => (
            <option key={one} value={one}>
              {OPERATOR_NAMES[one]}
            </option>
          ))}
        </SelectField>
        <NumberField label="Times" value={view.times} most={TIMES_MOST} onChange={(times) => onChange({ times })} />
      </div>
      <Checkbox label="Cumulative: in so many periods or more" className="min-h-9" checked={view.isCumulative} onChange={({ target }) => onChange({ isCumulative: target.checked })} />
    </BaseControls>
  );
}
