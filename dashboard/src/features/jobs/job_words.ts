import type { Job, JobRun } from "@/api/types";
import { formatCount } from "@/format/numbers";

const JOBS: Readonly<Record<string, readonly [name: string, about: string]>> = {
  flush: ["Flush", "Writes the events that wait in the buffer into the files that questions read."],
  checkpoints: ["Checkpoints", "Signs how far the log of changes has got, so that nobody can change it unnoticed."],
  snapshots: ["Snapshots", "Keeps the definitions and settings as of now, so that the server starts quickly."],
  compaction: ["Compaction", "Merges small files of events into larger ones, so that questions are answered faster."],
  expiry: ["Expiry", "Removes the events that are older than their project keeps them."],
  rollups: ["Roll-ups", "Counts beforehand what metrics are answered from."],
  sweep: ["Sweep", "Deletes files that nothing needs any more."],
  quarantine: ["Quarantine", "Lets go of refused events after 30 days."],
  forget: ["Forget", "Ends invitations whose time is over, and destroys the keys of people who were erased."],
  "backup-metadata": ["Backup of definitions", "Copies definitions, settings and the log of changes, every hour."],
  "backup-events": ["Backup of events", "Copies the files of events, every day."],
};

/** What a job is called and what it does; one that is not known here goes by its id. */
export function jobInWords({ id }: Pick<Job, "id">): { name: string; about: string } {
  const [name, about] = JOBS[id] ?? [id, ""];
  return { name, about };
}

const COUNTS: Readonly<Record<string, string>> = {
  rejected: "refused events",
  lost: "lost events",
  stuck: "stuck writers",
  refused: "held back",
  merges_waiting: "merges left to do",
  files_before: "files before",
  files_after: "files after",
  expired_invitations: "expired invitations",
  keys: "destroyed keys",
  archived: "archived files",
};

/** Counts of what a run did: `120 events, 2 files`. Texts (of a backup, its place) are as they are; nothing is left out but zeros. */
export function changedInWords(changed: JobRun["changed"]): string {
  const said = Object.entries(changed).map(([name, value]) => {
    const words = COUNTS[name] ?? name.replaceAll("_", " ");
    if (value === true) return words;
    if (name === "seq") return `up to entry ${String(value)}`;
    if (typeof value === "number") return value === 0 ? "" : `${formatCount(value)} ${value === 1 ? singular(words) : words}`;
    return value ? `${words}: ${String(value)}` : "";
  });
  return said.filter(Boolean).join(", ");
}

/** `files before` as `file before`. */
const singular = (words: string): string => words.replace(/s(?= |$)/, "");

export type Tone = "good" | "bad" | "quiet";

/** How a job is, in a word or two: what goes wrong before what goes on. */
export function stateInWords({ state, last_run: run, last_success_at: succeeded }: Pick<Job, "state" | "last_run" | "last_success_at">): { tone: Tone; words: string } {
  if (state === "overdue") return { tone: "bad", words: "Takes too long" };
  const isMended = run !== null && succeeded !== null && succeeded > run.began_at;
  if (run && run.result !== "ok" && !isMended) return { tone: "bad", words: run.result === "failed" ? "Failed" : "Cut off" };
  if (state === "running") return { tone: "good", words: "Runs now" };
  return state === "never" ? { tone: "quiet", words: "Has not run yet" } : { tone: "good", words: "Fine" };
}
