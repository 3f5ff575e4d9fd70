import { Link } from "react-router";
import type { Quality } from "@/api/types";
import { useProject } from "@/app/project";
import { formatCount, formatPercent, plural } from "@/format/numbers";
import { Card } from "@/ui/surfaces";
import { receivedOf, shareOf } from "./accepted_facts";
import { reasonHint, REASONS, reasonTitle } from "./reasons";

const PLACES = { schemas: "To the event schemas", settings: "To the settings" } as const;
const LEAST_PERCENT = 0.01; // what is smaller would be shown as 0%, beside a count that is not

interface RefusedByReasonProps {
  total: Quality;
  /** Where the events of a reason are listed; null for who may not see them. */
  linkOf: ((reason: string) => string) | null;
}

/** Why events were refused, and what to do about each reason. */
export function RefusedByReason({ total, linkOf }: RefusedByReasonProps) {
  const project = useProject();
  const reasons = Object.entries(total.rejected);
  const received = receivedOf(total);
  if (reasons.length === 0) {
    return (
      <Card>
        <h2>Refused, by reason</h2>
        <p className="text-good">Nothing was refused.</p>
      </Card>
    );
  }
  return (
    <Card>
      <h2>Refused, by reason</h2>
      <p className="text-sm text-quiet">Each event counts by its first fault, as often as it was sent. One that is sent again from the quarantine counts here still.</p>
      <ul className="mt-3 divide-y divide-line">
        {reasons.map(([reason, events]) => (
          <li key={reason} className="grid gap-x-4 gap-y-1 py-3 sm:grid-cols-[minmax(0,1fr)_auto]">
            <div className="min-w-0">
              <h3>{reasonTitle(reason)}</h3>
              <p className="text-sm text-quiet">
                {reasonHint(reason)}{" "}
                {linkOf && REASONS[reason]?.at && (
                  <Link className="link" to={`/projects/${project.id}/${REASONS[reason].at}`}>
                    {PLACES[REASONS[reason].at]}
                  </Link>
                )}
              </p>
            </div>
            <p className="flex items-baseline gap-x-3 sm:flex-col sm:items-end">
              <span className="tabular-nums">
                <strong>{formatCount(events)}</strong> <span className="text-sm text-quiet">{smallShare(shareOf(events, received))} of all</span>
              </span>
              {linkOf && (
                <Link className="link text-sm" to={linkOf(reason)} aria-label={`Show the events: ${reasonTitle(reason)}`}>
                  Show the events
                </Link>
              )}
            </p>
          </li>
        ))}
      </ul>
      {total.quarantine_overflow > 0 && (
        <p className="mt-2 rounded-md bg-warn-soft p-3 text-sm">
          {plural(total.quarantine_overflow, "refused event was", "refused events were")} only counted: the quarantine keeps no more of a day than the server’s settings say
          (IAFA_QUARANTINE_EVENTS, IAFA_QUARANTINE_BYTES). What was not kept cannot be sent again from here.
        </p>
      )}
    </Card>
  );
}

function smallShare(percent: number | null): string {
  return percent !== null && percent < LEAST_PERCENT ? `under ${formatPercent(LEAST_PERCENT)}` : formatPercent(percent);
}
