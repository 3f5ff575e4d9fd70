import { Button, IconButton } from "@/ui/Button";
import { SelectField } from "@/ui/Field";
import { CloseIcon } from "@/ui/icons";
import type { Draft, DraftExclusion } from "./draft";
import { EventPicker } from "@/questions/EventPicker";

interface ExclusionsProps {
  draft: Draft;
  projectId: string;
  onChange: (draft: Draft) => void;
}

/** Events that must not happen between two stages. */
export function Exclusions({ draft, projectId, onChange }: ExclusionsProps) {
  const last = draft.stages.length;
  const change = (place: number, changed: Partial<DraftExclusion>) =>
    onChange({ ...draft, exclusions: draft.exclusions.map((one, at) => (at === place ? { ...one, ...changed } : one)) });
  return (
    <fieldset>
      <legend className="text-[1.0625rem] font-semibold">Exclusions</legend>
      <p className="mt-1 text-sm text-quiet">Who does one of these between two stages does not count.</p>
      {draft.exclusions.map((one, place) => (
        <div key={place} className="mt-3 grid grid-cols-[1fr_1fr_auto] items-end gap-2 sm:grid-cols-[2fr_1fr_1fr_auto]">
          <EventPicker className="col-span-3 sm:col-span-1" label="Event" projectId={projectId} value={one.eventType} onChange={(eventType) => change(place, { eventType })} />
          <StageSelect label="After stage" first={1} last={last - 1} value={one.from} onChange={(from) => change(place, { from, to: Math.max(one.to, from + 1) })} />
          <StageSelect label="Before stage" first={one.from + 1} last={last} value={one.to} onChange={(to) => change(place, { to })} />
          <IconButton label={`Remove exclusion ${place + 1}`} onClick={() => onChange({ ...draft, exclusions: draft.exclusions.filter((_, at) => at !== place) })}>
            <CloseIcon />
          </IconButton>
        </div>
      ))}
      <Button
        look="quiet"
        className="mt-2"
        onClick={() => onChange({ ...draft, exclusions: [...draft.exclusions, { eventType: "", filter: null, from: 1, to: last }] })}
      >
        Add an exclusion
      </Button>
    </fieldset>
  );
}

interface StageSelectProps {
  label: string;
  first: number;
  last: number;
  value: number;
  onChange: (stage: number) => void;
}

function StageSelect({ label, first, last, value, onChange }: StageSelectProps) {
  const stages = Array.from({ length: Math.max(0, last - first + 1) }, (_, place) => first + place);
  return (
    <SelectField label={label} value={value} onChange={({ target }) => onChange(Number(target.value))}>
      {stages.map((stage) => (
        <option key={stage}>{stage}</option>
      ))}
    </SelectField>
  );
}
