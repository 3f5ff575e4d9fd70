import type { ConversionWindow } from "@/api/types";
import { SelectField, TextField } from "@/ui/Field";
import type { Draft } from "./draft";

const ORDERS: readonly { id: Draft["order"]; label: string; about: string }[] = [
  { id: "ordered", label: "In this order", about: "Other events may lie between the stages." },
  { id: "strict", label: "In this order, nothing in between", about: "Any other event between two stages ends the chain." },
  { id: "unordered", label: "In any order", about: "All stages must happen, whichever comes first." },
];
const UNITS: readonly ConversionWindow["unit"][] = ["second", "minute", "hour", "day", "week"];

/** In what order, and within what time. */
export function Rules({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }) {
  const within = draft.window;
  const value = (text: string): number => Math.max(1, Math.trunc(Number(text)) || 1);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField
        label="Order"
        value={draft.order}
        hint={ORDERS.find((one) => one.id === draft.order)?.about}
        onChange={({ target }) => onChange({ ...draft, order: ORDERS.find((one) => one.id === target.value)?.id ?? "ordered" })}
      >
        {ORDERS.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </SelectField>
      <div className="flex items-start gap-2">
        <SelectField
          label="Time to finish"
          className="flex-1"
          value={within?.unit ?? ""}
          hint={within ? "From a person’s first stage to the last." : "From the first day of the range to the last."}
          onChange={({ target }) => {
            const unit = UNITS.find((one) => one === target.value);
            onChange({ ...draft, window: unit ? { value: within?.value ?? 7, unit } : null });
          }}
        >
          <option value="">The whole date range</option>
          {UNITS.map((unit) => (
            <option key={unit} value={unit}>
              {unit}s
            </option>
          ))}
        </SelectField>
        {within && (
          <TextField label="How many" className="w-24" type="number" min={1} value={within.value} onChange={({ target }) => onChange({ ...draft, window: { ...within, value: value(target.value) } })} />
        )}
      </div>
    </div>
  );
}
