import type { Quality } from "@/api/types";
import { formatCount, formatPercent } from "@/format/numbers";
import { Card } from "@/ui/surfaces";
import { acceptedFacts, type Fact } from "./accepted_facts";

/** How complete and how timely the accepted events are, with what each figure means. */
export function AcceptedFacts({ total }: { total: Quality }) {
  if (total.accepted === 0) return null;
  return (
    <Card>
      <h2>Of the accepted events</h2>
      <p className="text-sm text-quiet">All of these are stored and counted. None of it is a fault by itself; a sudden change of one is worth a look.</p>
      <ul className="mt-2 grid gap-x-8 lg:grid-cols-2">
        {acceptedFacts(total).map((fact) => (
          <FactLine key={fact.name} fact={fact} />
        ))}
      </ul>
    </Card>
  );
}

function FactLine({ fact: { name, percent, events, means, hint } }: { fact: Fact }) {
  const isThere = percent !== null && percent > 0;
  return (
    <li className="border-t border-line py-3">
      <div className="flex items-baseline justify-between gap-4">
        <h3>{name}</h3>
        <p className="tabular-nums">
          <strong className="font-semibold">{formatPercent(percent)}</strong>
          {events !== null && <span className="ml-2 text-sm text-quiet">{formatCount(events)}</span>}
        </p>
      </div>
      <div aria-hidden className="my-1.5 h-1.5 overflow-hidden rounded-full bg-sunken">
        <div className="h-full rounded-full bg-chart-1" style={{ width: `${percent ?? 0}%` }} />
      </div>
      <p className="text-sm text-quiet">
        {means}
        {isThere && ` ${hint}`}
      </p>
    </li>
  );
}
