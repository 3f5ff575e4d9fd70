import type { Project, StoredEvent } from "@/api/types";
import { formatCount } from "@/format/numbers";
import { EventRow } from "./EventRow";

const MOST_SHOWN = 200;

interface EventListProps {
  events: readonly StoredEvent[];
  /** How many events were looked through. */
  of: number;
  project: Project;
}

export function EventList({ events, of, project }: EventListProps) {
  if (events.length === 0) {
    return (
      <p className="py-6 text-center text-quiet">
        None of the {formatCount(of)} newest events is such. The next one that is will stand here.
      </p>
    );
  }
  return (
    <>
      <h2 className="sr-only">The newest events</h2>
      <ul className="-my-2 divide-y divide-line">
        {events.slice(0, MOST_SHOWN).map((event) => (
          <EventRow key={event.id} event={event} project={project} />
        ))}
      </ul>
      {events.length > MOST_SHOWN && <p className="mt-4 text-sm text-quiet">The newest {MOST_SHOWN} are shown.</p>}
    </>
  );
}
