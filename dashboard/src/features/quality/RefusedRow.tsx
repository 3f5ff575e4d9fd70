import type { Refused } from "@/api/types";
import { formatCount } from "@/format/numbers";
import { formatMoment } from "@/format/times";
import { Facts } from "@/ui/Facts";
import { reasonHint, reasonTitle } from "./reasons";
import { contentOf, faultsOf, typeOf, WHOLE } from "./refused_event";

interface RefusedRowProps {
  event: Refused;
  timezone: string;
  isChosen: boolean;
  /** Null for who may not send it again. */
  onChoose: ((isChosen: boolean) => void) | null;
}

/** One refused event; it opens to what is wrong with it, field by field, and to what it said. */
export function RefusedRow({ event, timezone, isChosen, onChoose }: RefusedRowProps) {
  const name = typeOf(event) ?? "Event without a type";
  const [first] = faultsOf(event);
  const who = event.user_id ?? event.anonymous_id;
  return (
    <li className="flex items-start gap-3 border-b border-line py-2">
      {onChoose && (
        <input
          type="checkbox"
          aria-label={`Choose ${name} of ${formatMoment(event.received_at, timezone)}`}
          className="mt-1 size-4 shrink-0 accent-accent"
          checked={isChosen}
          onChange={({ target }) => onChoose(target.checked)}
        />
      )}
      <details className="group min-w-0 grow">
        <summary className="flex flex-wrap items-baseline gap-x-3 rounded hover:bg-sunken">
          <span className="font-medium break-all">
            <span aria-hidden className="mr-2 inline-block text-quiet group-open:rotate-90">
              ›
            </span>
            {name}
          </span>
          <span className="text-sm text-danger">{reasonTitle(event.reason)}</span>
          {first && first.field !== WHOLE && <code className="text-sm break-all text-quiet">{first.field}</code>}
          <span className="flex min-w-0 flex-wrap gap-x-3 text-sm text-quiet sm:ml-auto">
            {who && <span className="break-all">{who}</span>}
            <time dateTime={event.received_at} className="tabular-nums">
              {formatMoment(event.received_at, timezone)}
            </time>
          </span>
        </summary>
        <Content event={event} />
      </details>
    </li>
  );
}

function Content({ event }: { event: Refused }) {
  const facts: [string, string | null][] = [
    ["Came in by", event.door],
    ["Place in its request", formatCount(event.index + 1)],
    ["Size", `${formatCount(event.byte_count)} bytes`],
    ["Its own id", event.event_id],
    ["Id here", event.id],
  ];
  return (
    <div className="mt-2 mb-3 flex flex-col gap-3 text-sm">
      <div className="rounded-md bg-danger-soft p-3">
        <h2 className="text-sm">What is wrong</h2>
        <ul className="mt-1 flex flex-col gap-1">
          {faultsOf(event).map(({ field, message }) => (
            <li key={`${field} ${message}`}>
              <code className="font-semibold break-all">{field}</code>: {message}
            </li>
          ))}
        </ul>
        <p className="mt-2 text-quiet">{reasonHint(event.reason)}</p>
      </div>
      <pre tabIndex={0} aria-label="What it said" className="max-h-80 overflow-auto rounded-md bg-sunken p-3 text-xs">
        {contentOf(event)}
      </pre>
      <Facts facts={facts} />
    </div>
  );
}
