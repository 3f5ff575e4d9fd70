import { SelectField } from "@/ui/Field";
import { COMPARISONS, type Comparison } from "./compare";

const NAMES: Record<Comparison, string> = { previous_period: "Period before", previous_year: "Year before" };

export function CompareField({ value, onChange }: { value: Comparison | null; onChange: (compare: Comparison | null) => void }) {
  return (
    <SelectField label="Compare with" className="w-40 grow sm:w-44 sm:grow-0" value={value ?? ""} onChange={({ target }) => onChange(COMPARISONS.find((one) => one === target.value) ?? null)}>
      <option value="">Nothing</option>
      {COMPARISONS.map((one) => (
        <option key={one} value={one}>
          {NAMES[one]}
        </option>
      ))}
    </SelectField>
  );
}
