import type { ReactNode } from "react";
import { Link } from "react-router";
import type { HistoryEntry } from "@/api/types";
import { plural } from "@/format/numbers";
import { formatClock } from "@/format/times";
import { Diff } from "@/ui/Diff";
import { isUnset } from "@/ui/diff_words";
import { actorInWords, entryInWords, shownChanges } from "./entry_words";
import { historyOf, momentBefore, pageThen } from "./kinds";

interface EntryProps {
  entry: HistoryEntry;
  names: ReadonlyMap<string, string>;
  projectId: string;
  timezone: string;
  /** Where this is the thing's own history already, nothing leads there. */
  isOwn?: boolean;
  /** What else can be done with this version. */
  children?: ReactNode;
}

/** One change: who did what to what, what differs by it, and the ways to before and after. */
export function Entry({ entry, names, projectId, timezone, isOwn = false, children }: EntryProps) {
  const { deed, name, rest } = entryInWords(entry);
  const history = historyOf(entry, projectId);
  const isMade = entry.version === 1;
  const isGone = entry.type.endsWith(".deleted");
  return (
    <article className="flex flex-col gap-1.5 py-3">
      <div className="flex items-baseline">
        <time dateTime={entry.at} className="w-20 shrink-0 text-sm text-quiet tabular-nums">
          {formatClock(entry.at, timezone)}
        </time>
        <p className="min-w-0 break-words">
          <span className="font-medium">{actorInWords(entry.actor, names)}</span> {deed} {name && <strong>{name}</strong>} {rest}
          {isOwn && <span className="text-quiet"> · version {entry.version}</span>}
        </p>
      </div>
      <div className="flex flex-col gap-2 sm:ml-20">
        <Changes entry={entry} isMade={isMade} />
        <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
          {!isGone && (
            <Link className="link" to={pageThen(entry, projectId, entry.at)}>
              {isOwn ? "See it as it was then" : "See everything as it was then"}
            </Link>
          )}
          {!isMade && (
            <Link className="link" to={pageThen(entry, projectId, momentBefore(entry.at))}>
              {isGone && !isOwn ? "See everything as it was before" : isGone ? "See it as it was before" : "as it was before"}
            </Link>
          )}
          {!isOwn && history && (
            <Link className="link" to={history}>
              Its history<span className="sr-only"> ({name})</span>
            </Link>
          )}
          {children}
        </p>
      </div>
    </article>
  );
}

/** What a thing was made with is long, and seldom what is looked for: folded. */
function Changes({ entry, isMade }: { entry: HistoryEntry; isMade: boolean }) {
  const changes = shownChanges(entry).filter(({ from, to }) => !isUnset(from) || !isUnset(to));
  if (changes.length === 0) return null;
  if (!isMade) return <Diff changes={changes} />;
  return (
    <details className="text-sm">
      <summary className="w-fit text-quiet">What it was made with ({plural(changes.length, "field")})</summary>
      <div className="mt-2">
        <Diff changes={changes} />
      </div>
    </details>
  );
}
