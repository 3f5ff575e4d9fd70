import type { ListedSession } from "@/api/types";
import { formatCount } from "@/format/numbers";
import { formatDuration, formatMoment } from "@/format/times";
import type { Ends } from "./view";

/** When sessions began, how long they were, and what came first and last in them. */
export function SessionTable({ sessions, ends, timezone }: { sessions: readonly ListedSession[]; ends: Ends; timezone: string }) {
  const what = ends === "url" ? "page" : "event";
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Sessions of this person">
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-left text-quiet">
            <th scope="col" className="py-2 pr-4 font-medium">
              Start
            </th>
            <th scope="col" className="px-4 py-2 text-right font-medium">
              Duration
            </th>
            <th scope="col" className="px-4 py-2 text-right font-medium">
              Events
            </th>
            <th scope="col" className="px-4 py-2 font-medium whitespace-nowrap">
              Entry {what}
            </th>
            <th scope="col" className="py-2 pl-4 font-medium whitespace-nowrap">
              Exit {what}
            </th>
          </tr>
        </thead>
        <tbody>
          {sessions.map(({ start, seconds, events, entry_item: entry, exit_item: exit, session_id: id }) => (
            <tr key={`${start} ${id}`} className="border-b border-line last:border-0">
              <th scope="row" className="py-1.5 pr-4 text-left font-normal whitespace-nowrap">
                {formatMoment(start, timezone)}
              </th>
              <td className="px-4 py-1.5 text-right whitespace-nowrap">{formatDuration(seconds)}</td>
              <td className="px-4 py-1.5 text-right">{formatCount(events)}</td>
              <td className="max-w-64 min-w-32 px-4 py-1.5 break-words">{entry ?? "–"}</td>
              <td className="max-w-64 min-w-32 py-1.5 pl-4 break-words">{exit ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
