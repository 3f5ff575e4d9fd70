import type { PersonEvent, PersonSession } from "@/api/types";
import { plural } from "@/format/numbers";
import { formatClock, formatDayOf, formatDuration } from "@/format/times";
import { Facts } from "@/ui/Facts";
import { bySession } from "./by_session";

interface TimelineProps {
  events: readonly PersonEvent[];
  sessions: readonly PersonSession[];
  timezone: string;
  /** What to say of single events, by their ids. */
  marks: ReadonlyMap<string, string>;
}

/** Sessions, newest first, with their events; an event opens to what it says. */
export function Timeline({ events, sessions, timezone, marks }: TimelineProps) {
  if (events.length === 0) return <p className="text-quiet">No events.</p>;
  return (
    <ol className="flex flex-col gap-5">
      {bySession(events).map(([number, own]) => {
        const session = sessions.find((one) => one.number === number);
        const start = session?.start ?? own.at(-1)?.created_at ?? "";
        return (
          <li key={number}>
            <h3 className="text-sm">
              Session {number} <span className="font-normal text-quiet">· {formatDayOf(start, timezone)}</span>
              {session && (
                <span className="font-normal text-quiet">
                  {" "}
                  · {plural(session.events, "event")}, {formatDuration(session.seconds)}
                </span>
              )}
            </h3>
            <ol className="mt-1.5 border-l-2 border-line pl-4">
              {own.map((event) => (
                <li key={event.id} className="py-1">
                  <details className="group">
                    <summary className="flex items-center gap-3 rounded hover:bg-sunken">
                      <span aria-hidden className="text-quiet group-open:rotate-90">›</span>
                      <time dateTime={event.created_at} className="shrink-0 text-quiet tabular-nums">
                        {formatClock(event.created_at, timezone)}
                      </time>
                      <span className="font-medium break-all">{event.event_type}</span>
                      {marks.has(event.id) && <span className="shrink-0 rounded bg-good-soft px-1.5 text-sm text-good">{marks.get(event.id)}</span>}
                      {event.url && <span className="hidden min-w-0 truncate text-quiet sm:inline">{event.url}</span>}
                    </summary>
                    <EventFacts event={event} />
                  </details>
                </li>
              ))}
            </ol>
          </li>
        );
      })}
    </ol>
  );
}

function EventFacts({ event }: { event: PersonEvent }) {
  const facts = [
    ...Object.entries(event.properties),
    ...Object.entries(event.context),
    ...([["url", event.url], ["referrer", event.referrer], ["id", event.id]] as const),
  ];
  return (
    <div className="my-2 rounded-md bg-sunken p-3 text-sm">
      <Facts facts={facts} />
    </div>
  );
}
