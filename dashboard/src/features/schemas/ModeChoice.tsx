import { useId } from "react";
import type { SchemaMode } from "@/api/types";
import { MODES } from "./modes";

interface ModeChoiceProps {
  mode: SchemaMode;
  onChange: (mode: SchemaMode) => void;
  isReadOnly: boolean;
}

/** What becomes of events that fail. */
export function ModeChoice({ mode, onChange, isReadOnly }: ModeChoiceProps) {
  const name = useId();
  return (
    <fieldset disabled={isReadOnly}>
      <legend className="font-semibold">What becomes of events that fail</legend>
      <div className="mt-2 grid gap-2 lg:grid-cols-3">
        {Object.entries(MODES).map(([value, { title, about }]) => (
          <label key={value} className="flex cursor-pointer gap-3 rounded-md border border-line p-3 has-checked:border-accent has-checked:bg-accent-soft has-disabled:cursor-default">
            <input type="radio" name={name} value={value} checked={mode === value} onChange={() => onChange(value as SchemaMode)} className="mt-1 size-4 shrink-0 accent-accent" />
            <span>
              <span className="font-medium">{title}</span>
              <span className="block text-sm text-quiet">{about}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
