import { useQuery } from "@tanstack/react-query";
import { catalogueQuery } from "@/api/queries";
import type { Project } from "@/api/types";
import { BaseControls } from "@/questions/BaseControls";
import { propertiesIn } from "@/questions/catalogue_names";
import { SelectField } from "@/ui/Field";
import { CompareField } from "@/questions/CompareField";
import { IntervalField } from "@/questions/IntervalField";
import { LIMITS, type View } from "./view";

const AVERAGES: readonly number[] = [3, 7, 14, 28];

interface TrendsControlsProps {
  project: Project;
  view: View;
  onChange: (change: Partial<View>) => void;
}

/** When, by what, against what, and how smooth. */
export function TrendsControls({ project, view, onChange }: TrendsControlsProps) {
  const properties = propertiesIn(useQuery(catalogueQuery(project.id)).data);
  const { breakdown, limit, average } = view;
  return (
    <BaseControls project={project} view={view} onChange={onChange}>
      <IntervalField className="w-28 grow sm:grow-0" interval={view.interval} onChange={(interval) => onChange({ interval })} />
      <CompareField value={view.compare} onChange={(compare) => onChange({ compare })} />
      <SelectField label="Break down by" className="w-40 grow sm:w-56 sm:grow-0" value={breakdown ?? ""} onChange={({ target }) => onChange({ breakdown: target.value || null, drawn: null })}>
        <option value="">Nothing</option>
        {withChosen(properties, breakdown).map((one) => (
          <option key={one}>{one}</option>
        ))}
      </SelectField>
      {breakdown && (
        <SelectField label="Values" className="w-32 grow sm:grow-0" value={limit} onChange={({ target }) => onChange({ limit: Number(target.value) })}>
          {withChosen(LIMITS, limit).map((one) => (
            <option key={one} value={one}>
              first {one}
            </option>
          ))}
        </SelectField>
      )}
      <SelectField label="Moving average" className="w-36 grow sm:w-40 sm:grow-0" value={average ?? ""} onChange={({ target }) => onChange({ average: Number(target.value) || null })}>
        <option value="">None</option>
        {withChosen(AVERAGES, average).map((one) => (
          <option key={one} value={one}>
            over {one} {view.interval}s
          </option>
        ))}
      </SelectField>
    </BaseControls>
  );
}

/** An address may say what no list offers. */
function withChosen<T>(offered: readonly T[], chosen: T | null): readonly T[] {
  return chosen === null || offered.includes(chosen) ? offered : [chosen, ...offered];
}
