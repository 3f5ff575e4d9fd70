import { clsx } from "clsx";
import type { ReactNode } from "react";

interface SegmentedProps<Value extends string> {
  label: string;
  choices: readonly { value: Value; label: ReactNode }[];
  /** Null where none of them is chosen. */
  chosen: Value | null;
  onChoose: (value: Value) => void;
}

/** One of a few, side by side. */
export function Segmented<Value extends string>({ label, choices, chosen, onChoose }: SegmentedProps<Value>) {
  return (
    <div role="group" aria-label={label} className="flex min-h-9 w-fit rounded-md border border-line-strong">
      {choices.map(({ value, label: name }) => (
        <button
          key={value}
          type="button"
          aria-pressed={chosen === value}
          onClick={() => onChoose(value)}
          className={clsx(
            "px-2 text-sm whitespace-nowrap first:rounded-l-[5px] last:rounded-r-[5px] sm:px-3",
            chosen === value ? "bg-accent text-on-accent" : "hover:bg-sunken",
          )}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
