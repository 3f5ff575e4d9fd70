import type { StoredEvent } from "@/api/types";
import { formatMoment } from "@/format/times";
import { Facts } from "@/ui/Facts";

/** All that an event says, what was made of it, and where it is kept. */
export function EventFacts({ event, timezone }: { event: StoredEvent; timezone: string }) {
  const { file, segment } = event.stored_in;
  const parts: [string, [string, string | null][]][] = [
    ["What it says", Object.entries(event.properties)],
    ["Where", [["url", event.url], ["referrer", event.referrer]]],
    ["Who", [["user", event.user_id], ["visitor", event.anonymous_id], ["session", event.session_id], ["browser", event.user_agent]]],
    ["Known beside it", Object.entries(event.context)],
    [
      "Record",
      [
        ["event", event.event_type],
        ["happened", formatMoment(event.created_at, timezone)],
        ["arrived", formatMoment(event.accepted_at, timezone)],
        ["id", event.id],
        ["kept in", file ?? `buffer segment ${segment}`],
      ],
    ],
  ];
  return (
    <div className="mb-2 gap-x-8 rounded-md bg-sunken px-3 pt-3 text-sm md:columns-2">
      {parts.map(([title, facts]) => {
        const said = facts.filter(([, value]) => value !== null);
        if (said.length === 0) return null;
        return (
          <section key={title} className="break-inside-avoid pb-3">
            <h3 className="mb-1">{title}</h3>
            <Facts facts={said} />
          </section>
        );
      })}
    </div>
  );
}
