import { clsx } from "clsx";
import { FIGURES, type Figures } from "./view";

const NAMES: Record<Figures, string> = { percent: "Percent", people: "Number" };

/** What the cells show. */
export function FiguresToggle({ figures, onChange }: { figures: Figures; onChange: (figures: Figures) => void }) {
  return (
    <div role="group" aria-label="Cells show" className="flex min-h-9 w-fit rounded-md border border-line-strong">
      {FIGURES.map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={figures === one}
          onClick={() => onChange(one)}
          className={clsx("px-3 text-sm first:rounded-l-[5px] last:rounded-r-[5px]", figures === one ? "bg-accent text-on-accent" : "hover:bg-sunken")}
        >
          {NAMES[one]}
        </button>
      ))}
    </div>
  );
}
