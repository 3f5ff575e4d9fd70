import { clsx } from "clsx";
import { useState } from "react";
import { TextField } from "@/ui/Field";
import { daysOf, PRESETS, type Range } from "./ranges";

interface RangePickerProps {
  range: Range;
  timezone: string;
  /** Where the last so many days end. */
  now: Date;
  onChange: (range: Range) => void;
}

export function RangePicker({ range, timezone, now, onChange }: RangePickerProps) {
  const shown = daysOf(range, timezone, now);
  const [isCustom, setIsCustom] = useState("start" in range);
  const chosen = isCustom ? null : "days" in range ? range.days : null;
  const choose = (start: string, end: string) => {
    if (start && end) onChange(start <= end ? { start, end } : { start: end, end: start });
  };
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">Date range</legend>
      <div className="flex min-h-9 w-fit rounded-md border border-line-strong">
        {[...PRESETS, null].map((days) => (
          <button
            key={days}
            type="button"
            aria-pressed={chosen === days}
            onClick={() => {
              setIsCustom(days === null);
              onChange(days === null ? { start: shown.start_date, end: shown.end_date } : { days });
            }}
            className={clsx(
              "px-3 text-sm whitespace-nowrap first:rounded-l-[5px] last:rounded-r-[5px]",
              chosen === days ? "bg-accent text-on-accent" : "hover:bg-sunken",
            )}
          >
            {days === null ? "Custom" : `${days} days`}
          </button>
        ))}
      </div>
      {isCustom && (
        <div className="flex gap-2">
          <TextField label="From" isLabelHidden type="date" value={shown.start_date} onChange={({ target }) => choose(target.value, shown.end_date)} />
          <TextField label="To" isLabelHidden type="date" value={shown.end_date} onChange={({ target }) => choose(shown.start_date, target.value)} />
        </div>
      )}
    </fieldset>
  );
}
