import { plural } from "@/format/numbers";
import { figuresOf, formatFigure } from "./figures";
import { Gone } from "./Gone";
import type { Replayed } from "./receipt_queries";

interface FiguresThenProps {
  replayed: Replayed;
  when: string;
  /** That were counted then. */
  events: number;
}

/** The figures of an answer that was given before, counted anew from what it saw. */
export function FiguresThen({ replayed, when, events }: FiguresThenProps) {
  return (
    <div>
      <p role="status" className="max-w-prose">
        {replayed.exact && `Counted again from exactly the ${plural(events, "event")} that it saw on ${when}: nothing of them is gone, and what came since is left out.`}
      </p>
      {!replayed.exact && <Gone count={replayed.gone} />}
      <div className="mt-2 max-h-96 overflow-auto" tabIndex={0} role="region" aria-label={`Figures of ${when}`}>
        <table className="w-full">
          <tbody>
            {[...figuresOf(replayed)].map(([path, { name, value }]) => (
              <tr key={path} className="border-b border-line last:border-0">
                <th scope="row" className="py-1 pr-4 text-left font-normal first-letter:uppercase">
                  {name}
                </th>
                <td className="py-1 text-right">{formatFigure(path, value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
