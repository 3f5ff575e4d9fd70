import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import type { Behind, Definition, FunnelBody, Project } from "@/api/types";
import { formatDuration, formatMoment } from "@/format/times";
import { IconButton } from "@/ui/Button";
import { CloseIcon } from "@/ui/icons";
import { Pager } from "@/ui/Pager";
import { Card, ErrorNotice, Skeleton } from "@/ui/surfaces";
import { behindQuery, PEOPLE_PER_PAGE } from "./funnel_queries";
import { unitOf } from "@/questions/count_by";
import { rewritten } from "@/questions/use_address";
import { readView, writeView, type BehindChoice } from "./view";

interface BehindStageProps {
  body: FunnelBody;
  behind: BehindChoice;
  definition: Definition;
  project: Project;
  funnelId: string;
  onClose: () => void;
}

/** Who reached a stage, or stopped before it: from the same computation as the chart, page by page. */
export function BehindStage({ body, behind, definition, project, funnelId, onClose }: BehindStageProps) {
  const [page, setPage] = useState(1);
  const heading = useRef<HTMLHeadingElement>(null);
  const people = useQuery(behindQuery({ body, ...behind, page }));
  useEffect(() => heading.current?.focus(), []);
  const stage = definition.stages[behind.stage - 1];
  const name = stage?.name ?? stage?.event_type ?? "Any event";
  const unit = unitOf(body.count_by);
  const isPeople = unit === "people";
  return (
    <Card>
      <div className="mb-3 flex items-start justify-between gap-2">
        <h2 ref={heading} tabIndex={-1} className="outline-none">
          {behind.which === "reached" ? `The ${unit} who reached “${name}”` : `The ${unit} who stopped before “${name}”`}
          {behind.value !== null && `, of ${behind.value || "(none)"}`}
        </h2>
        <IconButton label="Close the list" onClick={onClose}>
          <CloseIcon />
        </IconButton>
      </div>
      {people.isPending && <Skeleton className="h-40" />}
      {people.isError && <ErrorNotice error={people.error} onRetry={() => void people.refetch()} />}
      {people.data?.length === 0 && <p className="text-quiet">{page === 1 ? "Nobody." : "No more."}</p>}
      {people.data && people.data.length > 0 && (
        <PeopleTable people={people.data} timezone={project.timezone} linkOf={isPeople ? (id) => personLink(project.id, funnelId, id) : null} />
      )}
      <Pager page={page} onPage={setPage} hasMore={people.data?.length === PEOPLE_PER_PAGE} back="Earlier" on="Later" />
    </Card>
  );
}

interface PeopleTableProps {
  people: readonly Behind[];
  timezone: string;
  linkOf: ((id: string) => string) | null;
}

function PeopleTable({ people, timezone, linkOf }: PeopleTableProps) {
  return (
    <div className="overflow-x-auto">
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-left text-quiet">
            <th scope="col" className="py-2 pr-4 font-medium">
              Who
            </th>
            <th scope="col" className="py-2 pr-4 font-medium">
              When
            </th>
            <th scope="col" className="py-2 text-right font-medium">
              Since the first stage
            </th>
          </tr>
        </thead>
        <tbody>
          {people.map(({ user_id: id, at, seconds_from_entry: seconds }) => (
            <tr key={id} className="border-b border-line last:border-0">
              <td className="max-w-64 py-1.5 pr-4 break-all">
                {linkOf ? (
                  <Link className="link" to={linkOf(id)}>
                    {id}
                  </Link>
                ) : (
                  id
                )}
              </td>
              <td className="py-1.5 pr-4">{formatMoment(at, timezone)}</td>
              <td className="py-1.5 text-right">{formatDuration(seconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** One person, in the light of this funnel as it is looked at now. */
function personLink(projectId: string, funnelId: string, personId: string): string {
  const shown = new URLSearchParams(location.search);
  const view = readView(shown);
  const search = rewritten(shown, writeView(view), writeView({ ...view, behind: null }));
  search.set("funnel", funnelId);
  return `/projects/${projectId}/people/${encodeURIComponent(personId)}?${search.toString()}`;
}
