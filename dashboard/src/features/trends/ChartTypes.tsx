import { clsx } from "clsx";
import { CHARTS, type ChartType } from "./view";

const NAMES: Record<ChartType, string> = { line: "Lines", bar: "Bars" };

export function ChartTypes({ value, onChange }: { value: ChartType; onChange: (chart: ChartType) => void }) {
  return (
    <div role="group" aria-label="Chart" className="flex min-h-9 w-fit rounded-md border border-line-strong">
      {CHARTS.map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={value === one}
          onClick={() => onChange(one)}
          className={clsx("px-3 text-sm first:rounded-l-[5px] last:rounded-r-[5px]", value === one ? "bg-accent text-on-accent" : "hover:bg-sunken")}
        >
          {NAMES[one]}
        </button>
      ))}
    </div>
  );
}
