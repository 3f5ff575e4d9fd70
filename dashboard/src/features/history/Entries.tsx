import type { ReactNode } from "react";
import type { HistoryEntry } from "@/api/types";
import { useSight } from "@/app/as_of";
import { formatMoment } from "@/format/times";
import { Card } from "@/ui/surfaces";
import { byDay, placeOf } from "./by_day";

interface EntriesProps {
  entries: readonly HistoryEntry[];
  timezone: string;
  children: (entry: HistoryEntry) => ReactNode;
}

/** Changes by the days of the project's calendar, newest first; whoever looks back sees where they are. */
export function Entries({ entries, timezone, children }: EntriesProps) {
  const { asOf } = useSight();
  const marked = entries[placeOf(asOf, entries)];
  return (
    <div className="flex flex-col gap-4">
      {byDay(entries, timezone).map(([day, own]) => (
        <Card key={day} className="!py-3">
          <h2>{day}</h2>
          <ol className="divide-y divide-line">
            {own.map((entry) => (
              <li key={entry.seq}>
                {asOf && entry === marked && (
                  <p className="mt-2 rounded bg-warn-soft px-3 py-1 text-sm">
                    Here you are: at {formatMoment(asOf, timezone)}. What stands above came later.
                  </p>
                )}
                {children(entry)}
              </li>
            ))}
          </ol>
        </Card>
      ))}
    </div>
  );
}
