import { TextField } from "@/ui/Field";
import { Segmented } from "@/ui/Segmented";
import { daysOf, DEFAULT_RANGE, PRESETS, type Range } from "./ranges";

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

const NONE = "none";
const CUSTOM = "custom";

export function RangePicker({ range, timezone, now, onChange, none }: RangePickerProps) {
  const shown = daysOf(range ?? DEFAULT_RANGE, timezone, now);
  const isCustom = range !== null && "start" in range; // to choose it is to name the days that are shown
  const choices = [
    ...(none ? [{ value: NONE, label: none.label }] : []),
    ...PRESETS.map((days) => ({ value: String(days), label: none ? <ShortDays days={days} /> : `${days} days` })),
    { value: CUSTOM, label: "Custom" },
  ];
  const chosen = range === null ? NONE : "start" in range ? CUSTOM : String(range.days);
  const choose = (value: string) => {
    if (value === NONE) none?.onChoose();
    else onChange(value === CUSTOM ? { start: shown.start_date, end: shown.end_date } : { days: Number(value) });
  };
  const chooseDays = (start: string, end: string) => {
    if (start && end) onChange(start <= end ? { start, end } : { start: end, end: start });
  };
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">Date range</legend>
      <Segmented label="Days" choices={choices} chosen={chosen} onChoose={choose} />
      {isCustom && (
        <div className="flex gap-2">
          <TextField label="From" isLabelHidden type="date" value={shown.start_date} onChange={({ target }) => chooseDays(target.value, shown.end_date)} />
          <TextField label="To" isLabelHidden type="date" value={shown.end_date} onChange={({ target }) => chooseDays(shown.start_date, target.value)} />
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
