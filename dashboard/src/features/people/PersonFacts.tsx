import type { ReactNode } from "react";
import type { WholePerson } from "@/api/types";
import { formatCount } from "@/format/numbers";
import { formatMoment } from "@/format/times";
import { Card } from "@/ui/surfaces";

/** What is known of a person beside their events. */
export function PersonFacts({ person, timezone }: { person: WholePerson; timezone: string }) {
  const moment = (at: string | null): string => (at ? formatMoment(at, timezone) : "–");
  const facts: [string, ReactNode][] = [
    ["First seen", moment(person.first_seen)],
    ["Last seen", moment(person.last_seen)],
    ["Events", formatCount(person.event_count)],
    ["Sessions", formatCount(person.session_count)],
    ...Object.entries(person.traits).map(([name, value]): [string, ReactNode] => [name, value]),
  ];
  const others = [...person.user_ids, ...person.anonymous_ids].filter((id) => id !== person.id);
  if (others.length > 0) facts.push(["Also known as", others.join(", ")]);
  return (
    <Card>
      <h2 className="sr-only">What is known</h2>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4">
        {facts.map(([name, value]) => (
          <div key={name} className="min-w-0">
            <dt className="text-sm text-quiet">{name}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
