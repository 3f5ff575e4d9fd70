import { useState } from "react";
import { formatCount } from "@/format/numbers";
import { formatDuration } from "@/format/times";
import { SelectField } from "@/ui/Field";
import { TextList } from "./TextList";
import { USUAL, type View } from "./view";

const PAUSES = [5, 15, 30, 60, 120, 240, 720, 1440];
const LINKS = [10, 20, 30, 50, 100, 200, 500, 1000];
const MINUTE_SECONDS = 60;

interface FineControlsProps {
  view: View;
  eventTypes: readonly string[];
  onChange: (change: Partial<View>) => void;
}

/** What few questions need: when a walk ends, which events count, what is taken together, how much is drawn. */
export function FineControls({ view, eventTypes, onChange }: FineControlsProps) {
  const changed = [view.gap !== USUAL.gap, view.links !== USUAL.links, view.only.length > 0, view.not.length > 0, view.groups.length > 0];
  const count = changed.filter(Boolean).length;
  const [isOpen, setIsOpen] = useState(count > 0);
  return (
    <details className="w-full" open={isOpen} onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary className="w-fit text-sm font-medium">
        More options{count > 0 && <span className="text-quiet"> ({count} set)</span>}
      </summary>
      <div className="mt-3 grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        <TextList label="Only these events" placeholder="All events" values={view.only} suggestions={eventTypes} onChange={(only) => onChange({ only })} />
        <TextList label="Not these events" placeholder="An event" values={view.not} suggestions={eventTypes} onChange={(not) => onChange({ not })} />
        <TextList label="Taken together as one step" placeholder="/product/*" values={view.groups} onChange={(groups) => onChange({ groups })} />
        <SelectField label="A longer pause ends a walk" value={view.gap} onChange={({ target }) => onChange({ gap: Number(target.value) })}>
          {withOwn(PAUSES, view.gap).map((one) => (
            <option key={one} value={one}>
              {formatDuration(one * MINUTE_SECONDS)}
            </option>
          ))}
        </SelectField>
        <SelectField label="Links shown, the most used first" value={view.links} onChange={({ target }) => onChange({ links: Number(target.value) })}>
          {withOwn(LINKS, view.links).map((one) => (
            <option key={one} value={one}>
              {formatCount(one)}
            </option>
          ))}
        </SelectField>
      </div>
    </details>
  );
}

const withOwn = (choices: readonly number[], own: number): number[] => [...new Set([...choices, own])].sort((one, other) => one - other);
