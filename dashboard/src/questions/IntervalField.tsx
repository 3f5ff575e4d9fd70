import { SelectField } from "@/ui/Field";
import { INTERVALS, isInterval, type Interval } from "./interval";

const NAMES: Record<Interval, string> = { hour: "Hour", day: "Day", week: "Week", month: "Month" };

interface IntervalFieldProps {
  className?: string;
  interval: Interval;
  onChange: (interval: Interval) => void;
}

/** How long a period is. */
export function IntervalField({ className = "w-28 grow", interval, onChange }: IntervalFieldProps) {
  return (
    <SelectField label="Period" className={className} value={interval} onChange={({ target }) => isInterval(target.value) && onChange(target.value)}>
      {INTERVALS.map((one) => (
        <option key={one} value={one}>
          {NAMES[one]}
        </option>
      ))}
    </SelectField>
  );
}
