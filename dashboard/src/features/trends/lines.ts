import type { TrendsAnswer } from "@/api/types";
import { letterOf } from "./letters";
import { fromAsked, nameOf } from "./series";

export type Figure = number | null;

/** What one line of a chart shows, and what it is compared with. */
export interface Line {
  /** The same line has the same key in every answer to a question. */
  key: string;
  /** What it is called in the chart itself: A, F1, A2. */
  mark: string;
  name: string;
  /** Among all lines; its colour and its sign are by it. */
  place: number;
  data: readonly Figure[];
  total: Figure;
  before: { data: readonly Figure[]; total: Figure } | null;
  change: Figure;
}

type Question = Record<string, unknown>;
type Figures = Pick<TrendsAnswer, "series" | "formulas" | "breakdown">;
type Found = Omit<Line, "place" | "before" | "change">;

const OTHERS = "$other"; // the row of all values past the limit
const MOST_DRAWN_VALUES = 8;
const IS_FORMULA = /^F\d/; // F alone is the sixth series

/** The lines of an answer, in the order of its series and formulas, or of its values. */
export function linesOf(answer: TrendsAnswer, question: Question): Line[] {
  const [now, before] = [foundIn(answer, question), answer.previous ? foundIn(answer.previous, question) : null];
  return now.map((one, place) => {
    const earlier = before && (before.find(({ key }) => key === one.key) ?? null);
    return { ...one, place, before: earlier, change: changeOf(one.total, earlier?.total ?? null) };
  });
}

/** What is drawn where nobody has chosen: formulas in place of what they are made of, and of many values the first. */
export function usuallyDrawn(lines: readonly Line[], question: Question): string[] {
  const keys = lines.map(({ key }) => key);
  if (!question["breakdown"]) return formulasIn(question).length > 0 ? keys.filter((key) => IS_FORMULA.test(key)) : keys;
  const series = new Set(keys.map(seriesOf));
  const each = Math.max(1, Math.floor(MOST_DRAWN_VALUES / series.size));
  return [...series].flatMap((one) => keys.filter((key) => seriesOf(key) === one).slice(0, each));
}

/** The chosen lines that there are; where there are none the usual ones. */
export function drawnOf(lines: readonly Line[], question: Question, chosen: readonly string[] | null): Line[] {
  const found = chosen === null ? [] : lines.filter(({ key }) => chosen.includes(key));
  if (found.length > 0) return found;
  const usual = usuallyDrawn(lines, question);
  return lines.filter(({ key }) => usual.includes(key));
}

export function formulasIn(question: Question): string[] {
  const { formulas } = question;
  return Array.isArray(formulas) ? formulas.map(String) : [];
}

/** By how many percent a figure has changed; null from nothing, as in the API. */
export function changeOf(now: Figure, before: Figure): Figure {
  return now === null || !before ? null : (100 * (now - before)) / before;
}

const seriesOf = (key: string): string => key.slice(0, key.indexOf(":"));

function foundIn(figures: Figures, question: Question): Found[] {
  const { series: asked } = question;
  const names = (Array.isArray(asked) ? asked : []).map((one) => seriesName(one));
  if (question["breakdown"]) return valuesIn(figures, formulasIn(question).length > 0 ? [] : names);
  return [
    ...figures.series.map((line, place) => ({ key: letterOf(place), mark: letterOf(place), name: names[place] ?? "", ...numbersOf(line) })),
    ...(figures.formulas ?? []).map((line, place) => ({ key: `F${place + 1}`, mark: `F${place + 1}`, name: line.formula, ...numbersOf(line) })),
  ];
}

/** With `names` of several series each row is of one of them; without any they are all of the first formula. */
function valuesIn(figures: Figures, names: readonly string[]): Found[] {
  const ranks = new Map<string, number>();
  const hasSeries = names.length > 1;
  return (figures.breakdown ?? []).map((row) => {
    const letter = hasSeries ? letterOf(row.series) : "";
    const rank = (ranks.get(letter) ?? 0) + 1;
    ranks.set(letter, rank);
    const [value = ""] = row.value;
    const name = hasSeries ? `${valueName(value)} (${names[row.series] ?? ""})` : valueName(value);
    return { key: `${letter}:${value}`, mark: `${letter}${rank}`, name, ...numbersOf(row) };
  });
}

function valueName(value: string): string {
  if (value === OTHERS) return "All others";
  return value === "" ? "(none)" : value;
}

function seriesName(asked: unknown): string {
  const series = fromAsked(asked);
  if (series) return nameOf(series);
  const { event_type: eventType } = asked as { event_type?: string | null };
  return `${eventType ?? "Any event"} (filtered)`;
}

/** The document calls figures anything; they are numbers, or null. */
function numbersOf({ data, total }: { data: unknown[]; total: unknown }): { data: Figure[]; total: Figure } {
  return { data: data as Figure[], total: total as Figure };
}
