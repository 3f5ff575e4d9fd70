import { useQuery } from "@tanstack/react-query";
import { catalogueQuery } from "@/api/queries";
import type { Project } from "@/api/types";
import { BaseControls } from "@/questions/BaseControls";
import { CompareField } from "@/questions/CompareField";
import { SelectField } from "@/ui/Field";
import { propertiesIn } from "@/questions/catalogue_names";
import type { View } from "./view";

interface ViewControlsProps {
  project: Project;
  view: View;
  onChange: (change: Partial<View>) => void;
}

/** Date range, what is counted, and the filter; comparison and breakdown where the chart knows them. */
export function ViewControls({ project, view, onChange }: ViewControlsProps) {
  const catalogue = useQuery(catalogueQuery(project.id));
  const properties = propertiesIn(catalogue.data);
  const known = view.breakdown && !properties.includes(view.breakdown) ? [view.breakdown, ...properties] : properties;
  return (
    <BaseControls project={project} view={view} onChange={(changed) => onChange({ ...changed, behind: null })}>
      {view.tab === "steps" && (
        <>
          <CompareField value={view.compare} onChange={(compare) => onChange({ compare })} />
          <SelectField label="Break down by" className="w-40 grow" value={view.breakdown ?? ""} onChange={({ target }) => onChange({ breakdown: target.value || null, behind: null })}>
            <option value="">Nothing</option>
            {known.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </SelectField>
        </>
      )}
      <SelectField label="Count" className="w-40 grow" value={view.countBy} onChange={({ target }) => onChange({ countBy: target.value, behind: null })}>
        <option value="users">People</option>
        <option value="sessions">Sessions</option>
        {view.countBy.startsWith("properties.") && <option>{view.countBy}</option>}
      </SelectField>
    </BaseControls>
  );
}
