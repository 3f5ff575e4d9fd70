import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { IdentityLink, Project } from "@/api/types";
import { plural } from "@/format/numbers";
import { formatMoment } from "@/format/times";
import { Button } from "@/ui/Button";
import { doorsInWords, joinedOf, type LinkChange } from "./link_words";
import { memberQuery } from "./people_queries";

const USER = "user:"; // how an actor who is signed in begins

interface IdentityLinkLineProps {
  link: IdentityLink;
  project: Project;
  /** null: whoever looks may not change it. */
  onChange: ((change: LinkChange) => void) | null;
}

/** One link: who is whom, since when and by which calls, and what was done about it since. */
export function IdentityLinkLine({ link, project, onChange }: IdentityLinkLineProps) {
  const { kind, id } = joinedOf(link);
  const moment = (at: string): string => formatMoment(at, project.timezone);
  const calls = link.calls + link.undone_calls;
  const change: LinkChange = link.counts ? "undo" : "restore";
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 py-3 last:pb-0">
      <div className="min-w-0 flex-1 basis-60 text-sm">
        <p className="break-words">
          <span className="text-quiet">{kind === "visitor" ? "Visitor" : "User"}</span> <Id isStruck={!link.counts}>{id}</Id>{" "}
          <span className="text-quiet">is</span> <Id isStruck={!link.counts}>{link.user_id}</Id>
          {!link.counts && <span className="ml-2 rounded bg-warn-soft px-1.5">Undone</span>}
        </p>
        <p className="text-quiet">
          Since {moment(link.first_at)}, {doorsInWords(link.doors)}
          {calls > 1 && `: ${plural(calls, "call")}, the last one on ${moment(link.last_received_at)}`}
          {link.counts && link.undone_calls > 0 && `, ${link.undone_calls} of them undone`}.
        </p>
        {link.changes.map((one) => (
          <p key={one.at} className="text-quiet">
            {one.change === "undo" ? "Undone" : "Restored"} on {moment(one.at)}
            {one.actor.startsWith(USER) && <ByMember userId={one.actor.slice(USER.length)} />}
          </p>
        ))}
      </div>
      {onChange && (
        <Button onClick={() => onChange(change)}>
          {change === "undo" ? "Undo" : "Restore"}
          <span className="sr-only">
            that {id} is {link.user_id}
          </span>
        </Button>
      )}
    </li>
  );
}

function ByMember({ userId }: { userId: string }) {
  const name = useQuery(memberQuery(userId)).data?.full_name;
  return name ? ` by ${name}` : null;
}

function Id({ children, isStruck }: { children: ReactNode; isStruck: boolean }) {
  return <span className={isStruck ? "font-medium wrap-anywhere line-through" : "font-medium wrap-anywhere"}>{children}</span>;
}
