import type { Report } from "@/api/types";
import { KINDS } from "./kinds";

/** What is looked for among reports. */
export interface Search {
  text: string;
  kind: Report["kind"] | null;
}

const isKind = (text: string | null): text is Report["kind"] => text !== null && Object.hasOwn(KINDS, text);

export function readSearch(search: URLSearchParams): Search {
  const kind = search.get("kind");
  return { text: search.get("q") ?? "", kind: isKind(kind) ? kind : null };
}

export function writeSearch({ text, kind }: Search): URLSearchParams {
  return new URLSearchParams({ ...(text && { q: text }), ...(kind && { kind }) });
}

/** Those whose name or description has every word of the text, wherever it stands; last changed first. */
export function found(reports: readonly Report[], { text, kind }: Search): Report[] {
  const words = text.toLowerCase().split(/\s+/);
  return reports
    .filter((one) => kind === null || one.kind === kind)
    .filter(({ name, description }) => words.every((word) => `${name} ${description ?? ""}`.toLowerCase().includes(word)))
    .sort((one, other) => other.updated_at.localeCompare(one.updated_at));
}
