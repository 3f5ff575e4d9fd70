import { useQuery } from "@tanstack/react-query";
import { catalogueQuery } from "@/api/queries";
import type { Project } from "@/api/types";
import { BaseControls } from "@/questions/BaseControls";
import { propertiesIn } from "@/questions/catalogue_names";
import { SelectField, SuggestField } from "@/ui/Field";
import { FineControls } from "./FineControls";
import type { View } from "./view";

const STEPS = [2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 50];

interface PathsControlsProps {
  project: Project;
  view: View;
  /** What is known to be a start or an end. */
  items: readonly string[];
  onChange: (change: Partial<View>) => void;
}

/** What people go through, from where to where, in how many steps; everything else behind "More options". */
export function PathsControls({ project, view, items, onChange }: PathsControlsProps) {
  const catalogue = useQuery(catalogueQuery(project.id)).data;
  const properties = propertiesIn(catalogue).filter((one) => one !== "event_type" && one !== "url");
  const isOwn = view.item !== "event_type" && view.item !== "url";
  const change = (changed: Partial<View>) => onChange({ ...changed, node: null });
  return (
    <BaseControls project={project} view={view} onChange={change}>
      <SelectField label="A step is" className="w-44 grow" value={view.item} onChange={({ target }) => change({ item: target.value, start: "", end: "" })}>
        <option value="event_type">An event</option>
        <option value="url">A page (URL)</option>
        <optgroup label="The value of">
          {(isOwn && !properties.includes(view.item) ? [view.item, ...properties] : properties).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </optgroup>
      </SelectField>
      <SuggestField label="Starts with" className="w-40 grow" placeholder="Anything" suggestions={items} value={view.start} onChange={({ target }) => change({ start: target.value })} />
      <SuggestField label="Ends with" className="w-40 grow" placeholder="Anything" suggestions={items} value={view.end} onChange={({ target }) => change({ end: target.value })} />
      <SelectField label="Steps" className="w-20" value={view.steps} onChange={({ target }) => change({ steps: Number(target.value) })}>
        {(STEPS.includes(view.steps) ? STEPS : [...STEPS, view.steps].sort((one, other) => one - other)).map((one) => (
          <option key={one}>{one}</option>
        ))}
      </SelectField>
      <FineControls view={view} eventTypes={catalogue?.event_types.map((one) => one.event_type) ?? []} onChange={change} />
    </BaseControls>
  );
}
