import { useState } from "react";
import type { Difference } from "@/api/types";
import { formatCount, plural } from "@/format/numbers";
import { Button } from "@/ui/Button";
import { Diff } from "@/ui/Diff";
import type { FieldChange } from "@/ui/diff_words";
import { figureInWords, figuresOf, formatFigure, formatMove } from "./figures";
import { Gone } from "./Gone";
import type { Replayed } from "./receipt_queries";

const ROWS_AT_FIRST = 12;
const SAID_TWICE = new Set(["start_date", "end_date"]); // the range says the same
const CAUSES: Record<string, { head: string; words: string }> = {
  events: { head: "Events", words: "other events are there now" },
  identities: { head: "Identities", words: "it became known who is whom, or people have other traits" },
  time: { head: "Time", words: "it was asked later: windows that were open are over" },
  definition: { head: "Definition", words: "the question asks for something else" },
};

interface WhyTableProps {
  difference: Difference;
  replayed: Replayed;
  when: string;
}

/** What each figure has moved by since then, and by which causes: their parts add up to the whole. */
export function WhyTable({ difference: { difference, causes, definition }, replayed, when }: WhyTableProps) {
  const [isAll, setIsAll] = useState(false);
  const then = figuresOf(replayed);
  const paths = Object.keys(difference);
  const moving = causes.filter(({ changes }) => Object.keys(changes).length > 0);
  const fields = (definition as unknown as FieldChange[]).filter(({ path }) => !SAID_TWICE.has(path));
  return (
    <div>
      <p role="status" className="max-w-prose">
        {paths.length === 0 ? `Nothing has moved since ${when}: both answers have the same figures.` : `Since ${when}:`}
      </p>
      <ul className="mt-1 list-disc pl-5">
        {causes
          .filter((one) => moving.includes(one) || one.events !== 0)
          .map(({ cause, events }) => (
            <li key={cause}>
              <strong>{CAUSES[cause]?.head ?? cause}</strong>: {CAUSES[cause]?.words}
              {events !== 0 && ` (${plural(Math.abs(events), `${events > 0 ? "more" : "fewer"} event`)} counted)`}.
            </li>
          ))}
      </ul>
      {!replayed.exact && <Gone count={replayed.gone} />}
      {fields.length > 0 && (
        <div className="mt-3">
          <h3 className="mb-1">What of the question was changed</h3>
          <Diff changes={fields} />
        </div>
      )}
      {paths.length > 0 && (
        <div className="mt-3 overflow-x-auto" tabIndex={0} role="region" aria-label="What has moved">
          <table className="w-full">
            <thead>
              <tr className="border-b border-line text-left text-quiet">
                <th scope="col" className="py-1 pr-4 font-medium">
                  Figure
                </th>
                {["Then", "Now", ...moving.map(({ cause }) => `By ${(CAUSES[cause]?.head ?? cause).toLowerCase()}`)].map((head) => (
                  <th key={head} scope="col" className="py-1 pl-3 text-right font-medium whitespace-nowrap">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {(isAll ? paths : paths.slice(0, ROWS_AT_FIRST)).map((path) => {
                const before = then.get(path);
                const value = before?.value ?? 0;
                return (
                  <tr key={path} className="border-b border-line last:border-0">
                    <th scope="row" className="py-1 pr-4 text-left font-normal first-letter:uppercase">
                      {before?.name ?? figureInWords(path)}
                    </th>
                    <td className="py-1 pl-3 text-right whitespace-nowrap">{formatFigure(path, value)}</td>
                    <td className="py-1 pl-3 text-right font-medium whitespace-nowrap">{formatFigure(path, value + (difference[path] ?? 0))}</td>
                    {moving.map(({ cause, changes }) => (
                      <td key={cause} className="py-1 pl-3 text-right whitespace-nowrap">
                        {changes[path] === undefined ? <span className="text-quiet">±0</span> : formatMove(path, changes[path])}
                      </td>
                    ))}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {paths.length > ROWS_AT_FIRST && !isAll && (
        <Button className="mt-2" onClick={() => setIsAll(true)}>
          Show all {formatCount(paths.length)} figures
        </Button>
      )}
    </div>
  );
}
