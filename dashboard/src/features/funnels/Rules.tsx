import type { ConversionWindow } from "@/api/types";
import { SelectField } from "@/ui/Field";
import { NumberField } from "@/ui/NumberField";
import type { Draft } from "./draft";

const ORDERS: readonly { id: Draft["order"]; label: string; about: string }[] = [
  { id: "ordered", label: "In this order", about: "Other events may lie between the stages." },
  { id: "strict", label: "In this order, nothing in between", about: "Any other event between two stages ends the chain." },
  { id: "unordered", label: "In any order", about: "All stages must happen, whichever comes first." },
];
/** How many of a unit a person may take at most: ten years. */
const WINDOW_MOST: Record<ConversionWindow["unit"], number> = { second: 315_360_000, minute: 5_256_000, hour: 87_600, day: 3650, week: 521 };
const UNITS = Object.keys(WINDOW_MOST) as ConversionWindow["unit"][];

/** In what order, and within what time. */
export function Rules({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }) {
  const within = draft.window;
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
          <NumberField label="How many" className="w-24" value={within.value} most={WINDOW_MOST[within.unit]} onChange={(value) => onChange({ ...draft, window: { ...within, value } })} />
        )}
      </div>
    </div>
  );
}
