import type { HistoryEntry } from "@/api/types";
import { spoken, type FieldChange } from "@/ui/diff_words";
import { kindOf, subjectOf } from "./kinds";

type Said = Pick<HistoryEntry, "type" | "stream" | "name" | "data" | "changes" | "actor">;

/** What was done to what: "changed the stages of the funnel", "Purchase", "". */
export interface EntryWords {
  deed: string;
  name: string | null;
  rest: string;
}

const FIELDS_NAMED = 3;
const UNSHOWN = new Set(["project_id", "deleted_at", "revoked_at", "last_used_at", "accepted_at", "removed_at", "erased_at", "released_at", "email_index", "is_active", "user_id", "invited_by"]);

/** Deeds that are not said by their kind and their verb. */
const DEEDS: Record<string, string> = {
  "user.password_changed": "changed the password of",
  "user.profile_changed": "changed the profile of",
  "user.removed": "removed the member",
  "user.erased": "erased the member",
  "invitation.created": "invited",
  "invitation.accepted": "accepted the invitation of",
  "invitation.revoked": "took back the invitation of",
  "session.started": "signed in",
  "session.refreshed": "went on with a session",
  "session.revoked": "ended a session",
  "sessions.expired": "cleared away sessions that had ended",
  "attempts.expired": "cleared away old notes of requests",
  "attempt.answered": "sent a request that may be repeated",
  "email.claimed": "took an e-mail address",
  "email.released": "gave an e-mail address free",
  "api_key.used": "was used:",
};
const VERBS: Record<string, string> = { created: "made", deleted: "deleted", undeleted: "brought back", revoked: "revoked" };

export function entryInWords(entry: Said): EntryWords {
  const { type, name, data } = entry;
  const { kind, id } = subjectOf(entry.stream);
  const thing = kind ? kindOf(kind).words : spoken(type.split(".")[0] ?? "");
  const verb = type.split(".")[1] ?? "";
  if (type === "user.registered") {
    return entry.actor.id === id ? { deed: "became a member", name: null, rest: "" } : { deed: "registered the member", name, rest: "" };
  }
  if (type === "user.role_changed") return { deed: "changed the role of", name, rest: rolesIn(entry.changes) };
  if (type === "invitation.created") return { deed: "invited", name, rest: `as ${String(data["role"])}` };
  const deed = DEEDS[type];
  if (deed) return { deed, name, rest: "" };
  if (verb === "changed") return { deed: `changed ${fieldsIn(entry.changes)} of the ${thing}`, name, rest: "" };
  if (verb === "reverted") return { deed: `took the ${thing}`, name, rest: `back to version ${String(data["reverted_to"])}` };
  return { deed: `${VERBS[verb] ?? spoken(verb)} the ${thing}`, name, rest: "" };
}

/** `the stages and the name`; of many fields only how many. */
function fieldsIn(changes: readonly FieldChange[]): string {
  const fields = [...new Set(changes.map(({ path }) => spoken(path.split(".")[0] ?? "")))];
  if (fields.length === 0 || fields.length > FIELDS_NAMED) return `${fields.length || "some"} settings`;
  const [last = "", ...before] = fields.map((field) => `the ${field}`).reverse();
  return before.length > 0 ? `${before.reverse().join(", ")} and ${last}` : last;
}

function rolesIn(changes: readonly FieldChange[]): string {
  const role = changes.find(({ path }) => path === "role");
  return role ? `from ${String(role.from)} to ${String(role.to)}` : "";
}

/** What of an entry is worth a line of its own: not what its words say already, nor what is the log's alone. */
export function shownChanges({ type, name, version, changes }: Pick<HistoryEntry, "type" | "name" | "version" | "changes">): readonly FieldChange[] {
  const isSaid = type.startsWith("session") || type.startsWith("email.") || type.startsWith("attempt") || type === "user.role_changed";
  return isSaid ? [] : changes.filter(({ path, to }) => !UNSHOWN.has(path) && (version > 1 || to !== name));
}

/** Who an entry says did it. */
export function actorInWords({ kind, id }: HistoryEntry["actor"], names: ReadonlyMap<string, string>): string {
  if (kind === "user") return names.get(id ?? "") ?? "Somebody";
  if (kind === "api_key") return "An API key";
  return kind === "operator" ? "The operator (command line)" : "A scheduled job";
}
