import { clsx } from "clsx";
import { useState } from "react";
import { TextField } from "@/ui/Field";
import { daysOf, DEFAULT_RANGE, PRESETS, type Range } from "./ranges";

const CHOICE = "px-2 text-sm whitespace-nowrap first:rounded-l-[5px] last:rounded-r-[5px] sm:px-3";

interface RangePickerProps {
  /** Null where what is looked at has a range of its own, and none is chosen in its place. */
  range: Range | null;
  timezone: string;
  /** Where the last so many days end. */
  now: Date;
  onChange: (range: Range) => void;
  /** The choice of no range, where that is one. */
  none?: { label: string; onChoose: () => void };
}

export function RangePicker({ range, timezone, now, onChange, none }: RangePickerProps) {
  const shown = daysOf(range ?? DEFAULT_RANGE, timezone, now);
  const [isCustom, setIsCustom] = useState(range !== null && "start" in range);
  const chosen = isCustom ? null : range === null ? undefined : "days" in range ? range.days : null;
  const choose = (start: string, end: string) => {
    if (start && end) onChange(start <= end ? { start, end } : { start: end, end: start });
  };
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">Date range</legend>
      <div className="flex min-h-9 w-fit rounded-md border border-line-strong">
        {none && (
          <button
            type="button"
            aria-pressed={chosen === undefined}
            onClick={() => {
              setIsCustom(false);
              none.onChoose();
            }}
            className={clsx(CHOICE, chosen === undefined ? "bg-accent text-on-accent" : "hover:bg-sunken")}
          >
            {none.label}
          </button>
        )}
        {[...PRESETS, null].map((days) => (
          <button
            key={days}
            type="button"
            aria-pressed={chosen === days}
            onClick={() => {
              setIsCustom(days === null);
              onChange(days === null ? { start: shown.start_date, end: shown.end_date } : { days });
            }}
            className={clsx(CHOICE, chosen === days ? "bg-accent text-on-accent" : "hover:bg-sunken")}
          >
            {days === null ? "Custom" : none ? <ShortDays days={days} /> : `${days} days`}
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

/** With a further choice beside them, days are said in fewer letters where there is little room. */
function ShortDays({ days }: { days: number }) {
  return (
    <>
      <span aria-hidden className="sm:hidden">{`${days} d`}</span>
      <span className="max-sm:sr-only">{`${days} days`}</span>
    </>
  );
}
