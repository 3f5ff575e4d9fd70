import type { Quality } from "@/api/types";

/** One thing that is said of the accepted events. */
export interface Fact {
  name: string;
  percent: number | null;
  /** Where the API tells the share only. */
  events: number | null;
  means: string;
  hint: string;
}

const MISSING: Readonly<Record<string, Omit<Fact, "percent" | "events">>> = {
  user_id: { name: "Without user_id", means: "Of visitors who were not known when it happened.", hint: "Usual before sign-in. If people are signed in, call identify with their id." },
  session_id: { name: "Without session_id", means: "Sessions are made from the times of the events instead.", hint: "The tracker sends one by itself; a server may pass on the visitor’s." },
  url: { name: "Without url", means: "Pages and campaigns are not known of these.", hint: "Usual for events of servers and apps; on web pages the tracker sends it." },
  referrer: { name: "Without referrer", means: "Came directly, or the other site does not tell.", hint: "Usual for direct visits and for events of servers." },
  country: { name: "Without country", means: "The place of the address is not known.", hint: "Needs a geo database on the server (IAFA_GEO_DATABASE), and the visitor’s address where a server sends." },
  browser: { name: "Without browser", means: "No user agent that is known came with it.", hint: "A server that sends for visitors should pass on their user_agent." },
};

/** What is worth knowing of the events that were taken, in the order in which it matters. */
export function acceptedFacts(total: Quality): Fact[] {
  const { accepted } = total;
  return [
    {
      name: "Late",
      events: total.late,
      percent: total.late_rate,
      means: "More than 24 hours old on arrival: figures of past days have changed.",
      hint: "Usual after an import. Otherwise senders were offline, or keep events for long before they send.",
    },
    {
      name: "Cut",
      events: total.truncated,
      percent: total.truncated_rate,
      means: "url, referrer or user_agent was longer than 500 characters, and was cut there.",
      hint: "Look for addresses that carry whole documents in their query.",
    },
    {
      name: "Clock set right",
      events: total.skewed,
      percent: shareOf(total.skewed, accepted),
      means: "The sender’s clock was off by more than a minute; its times were corrected.",
      hint: "Nothing to do for browsers. A server’s clock should be synchronised.",
    },
    {
      name: "Crawlers",
      events: total.bots,
      percent: shareOf(total.bots, accepted),
      means: "Stored, and left out of every question that does not ask for them.",
      hint: "Nothing to do, unless they are most of what comes.",
    },
    ...Object.entries(total.missing).map(([field, percent]) => ({
      ...(MISSING[field] ?? { name: `Without ${field}`, means: "", hint: "" }),
      events: null,
      percent,
    })),
  ];
}

/** In per cent; null where there is nothing to divide by. */
export const shareOf = (part: number, whole: number): number | null => (whole > 0 ? (100 * part) / whole : null);

export const receivedOf = ({ accepted, duplicates, rejected }: Quality): number => accepted + duplicates + refusedOf(rejected);

export const refusedOf = (rejected: Readonly<Record<string, number>>): number =>
  Object.values(rejected).reduce((sum, count) => sum + count, 0);
