import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { catalogueQuery } from "@/api/queries";
import type { Project } from "@/api/types";
import { Button } from "@/ui/Button";
import { SelectField } from "@/ui/Field";
import { Card } from "@/ui/surfaces";
import { propertiesIn } from "./catalogue_names";
import { ConditionLines } from "./ConditionLines";
import { RangePicker } from "./RangePicker";
import { COMPARISONS, type View } from "./view";

const COMPARISON_NAMES: Record<(typeof COMPARISONS)[number], string> = {
  previous_period: "The period before",
  previous_year: "The year before",
};

interface ViewControlsProps {
  project: Project;
  view: View;
  onChange: (change: Partial<View>) => void;
}

/** Date range, comparison, breakdown, what is counted, and the filter. */
export function ViewControls({ project, view, onChange }: ViewControlsProps) {
  const catalogue = useQuery(catalogueQuery(project.id));
  const properties = propertiesIn(catalogue.data);
  const [isFiltering, setIsFiltering] = useState(view.filter.length > 0);
  const known = view.breakdown && !properties.includes(view.breakdown) ? [view.breakdown, ...properties] : properties;
  return (
    <Card className="flex flex-col gap-3">
      <div className="grid items-end gap-3 sm:grid-cols-2 lg:grid-cols-[auto_1fr_1fr_1fr]">
        <RangePicker range={view.range} timezone={project.timezone} onChange={(range) => onChange({ range, behind: null })} />
        <SelectField label="Compare with" value={view.compare ?? ""} onChange={({ target }) => onChange({ compare: COMPARISONS.find((one) => one === target.value) ?? null })}>
          <option value="">Nothing</option>
          {COMPARISONS.map((one) => (
            <option key={one} value={one}>
              {COMPARISON_NAMES[one]}
            </option>
          ))}
        </SelectField>
        <SelectField label="Break down by" value={view.breakdown ?? ""} onChange={({ target }) => onChange({ breakdown: target.value || null, behind: null })}>
          <option value="">Nothing</option>
          {known.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </SelectField>
        <SelectField label="Count" value={view.countBy} onChange={({ target }) => onChange({ countBy: target.value, behind: null })}>
          <option value="users">People</option>
          <option value="sessions">Sessions</option>
          {view.countBy.startsWith("properties.") && <option>{view.countBy}</option>}
        </SelectField>
      </div>
      {isFiltering ? (
        <ConditionLines
          label="Only events where"
          projectId={project.id}
          conditions={view.filter}
          onChange={(filter) => {
            onChange({ filter, behind: null });
            if (filter.length === 0) setIsFiltering(false);
          }}
        />
      ) : (
        <div>
          <Button look="quiet" onClick={() => {
            setIsFiltering(true);
            onChange({ filter: [{ property: "", operator: "eq", value: "" }] });
          }}>
            Add a filter
          </Button>
        </div>
      )}
    </Card>
  );
}
