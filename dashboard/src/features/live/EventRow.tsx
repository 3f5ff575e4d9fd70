import { clsx } from "clsx";
import { memo, useId, useState } from "react";
import { Link } from "react-router";
import type { Project, StoredEvent } from "@/api/types";
import { formatClock, formatMoment } from "@/format/times";
import { EventFacts } from "./EventFacts";

const DAY_MILLISECONDS = 86_400_000;

/** An event in a line that opens to all that it says. Memoised: a batch of new ones draws no old one again. */
export const EventRow = memo(function EventRow({ event, project }: { event: StoredEvent; project: Project }) {
  const [isOpen, setIsOpen] = useState(false);
  const facts = useId();
  const { accepted_at: at } = event;
  const isOld = Date.now() - Date.parse(at) > DAY_MILLISECONDS;
  const person = event.user_id ?? event.anonymous_id;
  return (
    <li className="bg-accent-soft/0 py-0.5 transition-colors duration-1000 starting:bg-accent-soft">
      <div className="flex items-center gap-3">
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls={facts}
          className="flex min-w-0 grow items-center gap-2 rounded py-1.5 text-left hover:bg-sunken sm:items-baseline"
          onClick={() => setIsOpen(!isOpen)}
        >
          <span aria-hidden className={clsx("inline-block w-3 shrink-0 text-center text-quiet", isOpen && "rotate-90")}>
            ›
          </span>
          <span className="flex min-w-0 grow flex-col-reverse sm:flex-row sm:items-baseline sm:gap-x-4">
            <time dateTime={at} className="shrink-0 text-sm text-quiet tabular-nums">
              {(isOld ? formatMoment : formatClock)(at, project.timezone)}
            </time>
            <span className="font-medium break-all sm:w-48 sm:shrink-0 sm:truncate" title={event.event_type}>
              {event.event_type}
            </span>
            <span className="hidden min-w-0 truncate text-sm text-quiet md:inline">{event.url ?? firstOf(event)}</span>
          </span>
        </button>
        {person !== null && (
          <Link className="link max-w-28 shrink-0 truncate py-1.5 text-sm sm:max-w-52" title={person} to={`/projects/${project.id}/people/${encodeURIComponent(person)}`}>
            {event.user_id ?? "anonymous"}
          </Link>
        )}
      </div>
      <div id={facts}>{isOpen && <EventFacts event={event} timezone={project.timezone} />}</div>
    </li>
  );
});

/** What tells one event from another of its type where it has no page. */
function firstOf({ properties }: StoredEvent): string {
  return Object.entries(properties)
    .slice(0, 3)
    .map(([name, value]) => `${name}: ${value ?? ""}`)
    .join(" · ");
}
