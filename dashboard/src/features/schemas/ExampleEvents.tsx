import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useProject } from "@/app/project";
import { formatMoment } from "@/format/times";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { storedEventQuery } from "./schema_queries";

/** Some of the events that a rule is about; they are fetched when somebody opens them. */
export function ExampleEvents({ ids, of }: { ids: readonly string[]; of: string }) {
  const [isOpen, setIsOpen] = useState(false);
  if (ids.length === 0) return null;
  return (
    <details className="text-sm" onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary className="w-fit text-quiet" aria-label={`Some of these events: ${of}`}>
        Some of these events
      </summary>
      {isOpen && (
        <ul className="mt-2 grid gap-2 lg:grid-cols-2">
          {ids.map((id) => (
            <Example key={id} id={id} />
          ))}
        </ul>
      )}
    </details>
  );
}

function Example({ id }: { id: string }) {
  const project = useProject();
  const event = useQuery(storedEventQuery(project.id, id));
  if (event.isPending) return <li><Skeleton className="h-24" /></li>;
  if (event.isError) return <li><ErrorNotice error={event.error} /></li>;
  const { user_id: userId, anonymous_id: anonymousId, created_at: moment, properties } = event.data;
  return (
    <li className="min-w-0 rounded-md bg-sunken p-3">
      <p className="text-quiet">
        <span className="break-all">{userId ?? anonymousId}</span>, {formatMoment(moment, project.timezone)}
      </p>
      <dl className="mt-1 grid grid-cols-[minmax(0,auto)_minmax(0,1fr)] gap-x-4">
        {Object.entries(properties).map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="break-all text-quiet">{name}</dt>
            <dd className="break-all">{value ?? <em>null</em>}</dd>
          </div>
        ))}
      </dl>
      {Object.keys(properties).length === 0 && <p>It has no properties.</p>}
    </li>
  );
}
