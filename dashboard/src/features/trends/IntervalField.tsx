import { INTERVALS, type Interval } from "@/features/funnels/view";
import { SelectField } from "@/ui/Field";

const NAMES: Record<Interval, string> = { hour: "Hour", day: "Day", week: "Week", month: "Month" };

export function IntervalField({ value, onChange }: { value: Interval; onChange: (interval: Interval) => void }) {
  return (
    <SelectField label="By" className="w-28 grow sm:grow-0" value={value} onChange={({ target }) => onChange(INTERVALS.find((one) => one === target.value) ?? "day")}>
      {INTERVALS.map((one) => (
        <option key={one} value={one}>
          {NAMES[one]}
        </option>
      ))}
    </SelectField>
  );
}
