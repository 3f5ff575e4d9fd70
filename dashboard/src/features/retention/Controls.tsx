import { useQuery } from "@tanstack/react-query";
import { catalogueQuery } from "@/api/queries";
import type { Project } from "@/api/types";
import { useSight } from "@/app/as_of";
import { BaseControls } from "@/questions/BaseControls";
import { isOneOf } from "@/questions/base_view";
import { propertiesIn } from "@/questions/catalogue_names";
import { CountByField } from "@/questions/CountByField";
import { EventWhere } from "@/questions/EventWhere";
import { IntervalField } from "@/questions/IntervalField";
import { daysOf } from "@/questions/ranges";
import { Checkbox, SelectField, TextField } from "@/ui/Field";
import { NumberField } from "@/ui/NumberField";
import { LEAST_MOST, PERIODS_MOST, readDay, RULES, type Rule, type View } from "./view";

const RULE_NAMES: Record<Rule, string> = {
  recurring: "Every time",
  first_time: "First time ever",
  first_in_range: "First time in the periods shown",
};

interface ControlsProps {
  project: Project;
  view: View;
  onChange: (change: Partial<View>) => void;
}

/** Who is in a cohort, what is a return, and how far back it goes. */
export function Controls({ project, view, onChange }: ControlsProps) {
  const sight = useSight();
  const properties = propertiesIn(useQuery(catalogueQuery(project.id)).data);
  const known = view.breakdown && !properties.includes(view.breakdown) ? [view.breakdown, ...properties] : properties;
  const today = daysOf({ days: 1 }, project.timezone, sight.now).end_date;
  return (
    <BaseControls project={project} view={view} onChange={onChange} hasRange={false}>
      <div className="grid w-full gap-x-4 gap-y-2 md:grid-cols-2">
        <EventWhere label="Cohort event: they did" projectId={project.id} event={view.cohort} onChange={(cohort) => onChange({ cohort })} />
        <EventWhere label="Return event: and later" projectId={project.id} event={view.back} onChange={(back) => onChange({ back })} />
      </div>
      <div className="grid w-full grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-4">
        <SelectField label="Joins a cohort" className="col-span-2 sm:col-span-1" value={view.rule} onChange={({ target }) => isOneOf(RULES, target.value) && onChange({ rule: target.value })}>
          {RULES.map((one) => (
            <option key={one} value={one}>
              {RULE_NAMES[one]}
            </option>
          ))}
        </SelectField>
        <IntervalField className="min-w-0" interval={view.interval} onChange={(interval) => onChange({ interval })} />
        <NumberField label="Periods shown" value={view.periods} most={PERIODS_MOST} onChange={(periods) => onChange({ periods })} />
        <TextField label="Last one contains" type="date" value={view.last ?? today} onChange={({ target }) => onChange({ last: target.value === today ? null : readDay(target.value) })} />
        <NumberField label="Return events needed" value={view.least} most={LEAST_MOST} onChange={(least) => onChange({ least })} />
        <SelectField label="Break down by" value={view.breakdown ?? ""} onChange={({ target }) => onChange({ breakdown: target.value || null, value: null })}>
          <option value="">Nothing</option>
          {known.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </SelectField>
        <CountByField className="min-w-0" projectId={project.id} countBy={view.countBy} onChange={(countBy) => onChange({ countBy })} />
        <Checkbox label="Cumulative: then or later" className="min-h-9 col-span-2 self-end sm:col-span-1" checked={view.isCumulative} onChange={({ target }) => onChange({ isCumulative: target.checked })} />
      </div>
    </BaseControls>
  );
}
