import type { Project } from "@/api/types";
import { CompareField } from "@/questions/CompareField";
import { IntervalField } from "@/questions/IntervalField";
import { BaseControls } from "@/questions/BaseControls";
import { SelectField } from "@/ui/Field";
import { DRAWABLE, DRAWABLE_NAMES } from "./figures";
import { GapField } from "./GapField";
import { CUTS, type Cut, type View } from "./view";

const NAMES: Record<Cut, string> = { gap: "A pause", session_id: "The client’s session id" };

interface SessionsControlsProps {
  project: Project;
  view: View;
  onChange: (change: Partial<View>) => void;
}

/** When, by what, against what, and what makes a session. */
export function SessionsControls({ project, view, onChange }: SessionsControlsProps) {
  return (
    <BaseControls project={project} view={view} onChange={onChange}>
      <IntervalField className="w-28 grow sm:grow-0" interval={view.interval} onChange={(interval) => onChange({ interval })} />
      <CompareField value={view.compare} onChange={(compare) => onChange({ compare })} />
      <SelectField label="What parts sessions" className="w-full grow sm:w-60 sm:grow-0" value={view.by} onChange={({ target }) => onChange({ by: CUTS.find((one) => one === target.value) ?? "gap" })}>
        {CUTS.map((one) => (
          <option key={one} value={one}>
            {NAMES[one]}
          </option>
        ))}
      </SelectField>
      {view.by === "gap" && <GapField value={view.gap} onChange={(gap) => onChange({ gap })} />}
      <SelectField label="In the chart" className="w-32 grow sm:w-44 sm:grow-0" value={view.shown} onChange={({ target }) => onChange({ shown: DRAWABLE.find((one) => one === target.value) ?? "sessions" })}>
        {DRAWABLE.map((one) => (
          <option key={one} value={one}>
            {DRAWABLE_NAMES[one]}
          </option>
        ))}
      </SelectField>
    </BaseControls>
  );
}
