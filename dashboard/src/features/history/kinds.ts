import type { HistoryEntry, User } from "@/api/types";
import { withAsOf } from "@/app/as_of";

/** What the log knows things of one kind by, and where they are found. */
interface KindOfThing {
  words: string;
  /** Whose history has a page: what stands in its address. */
  address?: string;
  /** Where things of the kind are shown, below their project. */
  page?: (subjectId: string) => string;
  /** Who may take its changes back. */
  mayRestore?: User["role"];
}

/** By what a stream's name begins with. */
export const KINDS = {
  funnel: { words: "funnel", address: "funnels", page: (id) => `funnels/${id}`, mayRestore: "analyst" },
  report: { words: "report", address: "reports", page: (id) => `reports/${id}`, mayRestore: "analyst" },
  dashboard: { words: "dashboard", address: "dashboards", page: (id) => `dashboards/${id}`, mayRestore: "analyst" },
  cohort: { words: "cohort", address: "cohorts", page: (id) => `cohorts/${id}`, mayRestore: "analyst" },
  metric_definition: { words: "metric", address: "metric-definitions", mayRestore: "analyst" },
  schema: { words: "event schema", address: "schemas", page: (id) => `schemas/${id}`, mayRestore: "admin" },
  project: { words: "project", address: "projects", page: () => "settings", mayRestore: "admin" },
  user: { words: "member", address: "members", page: () => "members" },
  invitation: { words: "invitation", page: () => "members" },
  api_key: { words: "API key", page: () => "settings" },
  organization: { words: "organisation" },
  session: { words: "sign-in" },
} as const satisfies Record<string, KindOfThing>;
export type KindName = keyof typeof KINDS;

const isKind = (text: string): text is KindName => text in KINDS;
export const kindOf = (name: KindName): KindOfThing => KINDS[name];

/** What a stream is about; of kinds that no page knows the name is null. */
export function subjectOf(stream: string): { kind: KindName | null; id: string } {
  const [kind = "", ...rest] = stream.split("-");
  return { kind: isKind(kind) ? kind : null, id: rest.join("-") };
}

/** The kind whose histories are at this part of an address. */
export function kindAt(address: string): KindName | null {
  return Object.keys(KINDS).filter(isKind).find((name) => kindOf(name).address === address) ?? null;
}

/** Where the thing of an entry is shown, as it was at a moment; its project's start where it has no page of its own. */
export function pageThen(entry: Pick<HistoryEntry, "stream" | "project_id">, openProjectId: string, asOf: string): string {
  const { kind, id } = subjectOf(entry.stream);
  const projectId = kind === "project" ? id : (entry.project_id ?? openProjectId);
  const page = kind && kindOf(kind).page;
  return `/projects/${projectId}/${page ? page(id) : "funnels"}?${withAsOf(new URLSearchParams(), asOf).toString()}`;
}

/** The history of the thing of an entry; null where it has none. */
export function historyOf(entry: Pick<HistoryEntry, "stream" | "project_id">, openProjectId: string): string | null {
  const { kind, id } = subjectOf(entry.stream);
  const address = kind && kindOf(kind).address;
  if (!address) return null;
  return `/projects/${entry.project_id ?? openProjectId}/history/${address}/${encodeURIComponent(id)}`;
}

/** The last moment before an entry: the log's clock goes by microseconds. */
export function momentBefore(at: string): string {
  const [whole = "", part = ""] = at.replace("Z", "").split(".");
  const microseconds = Number(part.padEnd(6, "0")) - 1;
  if (microseconds >= 0) return `${whole}.${String(microseconds).padStart(6, "0")}Z`;
  return `${new Date(Date.parse(`${whole}Z`) - 1000).toISOString().slice(0, 19)}.999999Z`;
}
