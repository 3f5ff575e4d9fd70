import type { SessionsAnswer } from "@/api/types";
import { changeOf, type Figure, type Line } from "@/features/trends/lines";
import { formatFigure } from "@/features/trends/figures";
import { formatPercent } from "@/format/numbers";
import { formatDuration } from "@/format/times";

type Totals = Pick<SessionsAnswer, "sessions" | "persons" | "events" | "average_seconds" | "bounce_rate">;
type Counts = Pick<SessionsAnswer, "sessions" | "persons" | "events">;

/** What a period's counts can be shown as. */
export const DRAWABLE = ["sessions", "persons", "events", "events_each"] as const;
export type Drawable = (typeof DRAWABLE)[number];
export const DRAWABLE_NAMES: Record<Drawable, string> = {
  sessions: "Sessions",
  persons: "People",
  events: "Events",
  events_each: "Events per session",
};

const ratio = (some: number, all: number): Figure => (all === 0 ? null : some / all);

const VALUES: readonly { name: string; value: (totals: Totals) => Figure; format: (figure: Figure) => string; about: string }[] = [
  { name: "Sessions", value: ({ sessions }) => sessions, format: formatFigure, about: "that start in the range" },
  { name: "People", value: ({ persons }) => persons, format: formatFigure, about: "who have them" },
  { name: "Sessions per person", value: ({ sessions, persons }) => ratio(sessions, persons), format: formatFigure, about: "on average" },
  { name: "Average duration", value: (totals) => totals.average_seconds, format: formatDuration, about: "from the first event to the last" },
  { name: "Events per session", value: ({ events, sessions }) => ratio(events, sessions), format: formatFigure, about: "on average" },
  { name: "Bounce rate", value: (totals) => totals.bounce_rate, format: formatPercent, about: "end with their first event" },
];

export interface Tile {
  name: string;
  about: string;
  text: string;
  before: string | null;
  change: Figure;
}

/** What is said of the whole range, and of the one before. */
export function tilesOf(now: Totals, before: Totals | undefined): Tile[] {
  return VALUES.map(({ name, about, value, format }) => ({
    name,
    about,
    text: format(value(now)),
    before: before ? format(value(before)) : null,
    change: before ? changeOf(value(now), value(before)) : null,
  }));
}

/** The chart's one line. */
export function lineOf(answer: SessionsAnswer, shown: Drawable): Line {
  const of = (counts: Counts): Figure => (shown === "events_each" ? ratio(counts.events, counts.sessions) : counts[shown]);
  const { trend, previous } = answer;
  return {
    key: shown,
    mark: "",
    name: DRAWABLE_NAMES[shown],
    place: 0,
    data: (trend ?? []).map(of),
    total: of(answer),
    before: previous?.trend ? { data: previous.trend.map(of), total: of(previous) } : null,
    change: null,
  };
}
