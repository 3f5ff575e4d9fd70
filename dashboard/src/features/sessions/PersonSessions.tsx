import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { ApiError } from "@/api/error";
import type { SessionListBody } from "@/api/types";
import { useProject } from "@/app/project";
import { Pager } from "@/ui/Pager";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { namedPersonQuery, sessionListQuery, SESSIONS_PER_PAGE } from "./session_queries";
import { SessionTable } from "./SessionTable";
import type { Ends } from "./view";

interface PersonSessionsProps {
  personId: string;
  /** When, which events, and how sessions are cut. */
  asked: SessionListBody;
  ends: Ends;
}

/** One person's sessions of the range, page by page. */
export function PersonSessions({ personId, asked, ends }: PersonSessionsProps) {
  const project = useProject();
  const [page, setPage] = useState(1);
  const person = useQuery(namedPersonQuery(project.id, personId));
  const who = person.data?.is_anonymous ? { anonymous_id: person.data.id } : { user_id: person.data?.id ?? "" };
  const sessions = useQuery({ ...sessionListQuery({ ...asked, ...who, item: ends }, page), enabled: person.isSuccess });
  if (person.error instanceof ApiError && person.error.status === 404) {
    return <p className="text-quiet">Nobody of this project has the id {personId}.</p>;
  }
  const failed = [person, sessions].find((one) => one.isError);
  if (failed) return <ErrorNotice error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!person.data || !sessions.data) return <Skeleton className="h-40" />;
  return (
    <div>
      <p className="mb-2">
        Sessions of{" "}
        <Link className="link break-all" to={`/projects/${project.id}/people/${encodeURIComponent(person.data.id)}`}>
          {person.data.id}
        </Link>
      </p>
      {sessions.data.length === 0 ? (
        <p className="text-quiet">{page === 1 ? "No session of theirs starts in this range." : "No more."}</p>
      ) : (
        <SessionTable sessions={sessions.data} ends={ends} timezone={project.timezone} />
      )}
      <Pager page={page} onPage={setPage} hasMore={sessions.data.length === SESSIONS_PER_PAGE} back="Earlier" on="Later" />
    </div>
  );
}
