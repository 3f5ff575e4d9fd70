import { useState } from "react";
import { useMay } from "@/app/may";
import { useProject } from "@/app/project";
import { plural } from "@/format/numbers";
import { Button } from "@/ui/Button";
import { Checkbox } from "@/ui/Field";
import type { Chosen, RefusedPage, Wanted } from "./quality_queries";
import { RefusedRow } from "./RefusedRow";

interface RefusedListProps {
  found: RefusedPage;
  wanted: Wanted;
  onSend: (chosen: Chosen) => void;
}

/** A page of refused events; some of any page, or all that the filter means, can be chosen to be sent again. */
export function RefusedList({ found: { events, count }, wanted, onSend }: RefusedListProps) {
  const project = useProject();
  const maySend = useMay("admin");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [isAll, setIsAll] = useState(false);
  const isWholePage = events.length > 0 && events.every(({ id }) => chosen.has(id));
  const choose = (ids: readonly string[], isChosen: boolean) => {
    setIsAll(false);
    setChosen((before) => (isChosen ? new Set([...before, ...ids]) : new Set([...before].filter((id) => !ids.includes(id)))));
  };
  const said = isAll ? `All ${plural(count, "event")} chosen` : chosen.size > 0 ? `${plural(chosen.size, "event")} chosen` : plural(count, "event");
  return (
    <>
      <div className="flex min-h-9 flex-wrap items-center gap-x-4 gap-y-2">
        {maySend && <Checkbox label="Choose all on this page" checked={isAll || isWholePage} onChange={({ target }) => choose(events.map(({ id }) => id), target.checked)} />}
        <p role="status" className="text-sm text-quiet">
          {said}
        </p>
        {maySend && isWholePage && !isAll && count > chosen.size && (
          <Button look="quiet" onClick={() => setIsAll(true)}>
            Choose all {plural(count, "event")} of this filter
          </Button>
        )}
        {maySend ? (
          <Button look="primary" className="ml-auto" disabled={!isAll && chosen.size === 0} onClick={() => onSend(isAll ? wanted : { ids: [...chosen] })}>
            Send again …
          </Button>
        ) : (
          <p className="ml-auto text-sm text-quiet">Sending them again is for admins.</p>
        )}
      </div>
      <ul className="mt-2 border-t border-line">
        {events.map((event) => (
          <RefusedRow key={event.id} event={event} timezone={project.timezone} isChosen={isAll || chosen.has(event.id)} onChoose={maySend ? (isChosen) => choose([event.id], isChosen) : null} />
        ))}
      </ul>
    </>
  );
}
