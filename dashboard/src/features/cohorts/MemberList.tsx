import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { Cohort } from "@/api/types";
import { useProject } from "@/app/project";
import { behindQuery, PEOPLE_PER_PAGE } from "@/features/funnels/funnel_queries";
import { formatMoment } from "@/format/times";
import { Pager } from "@/ui/Pager";
import { Progress } from "@/ui/Progress";
import { Card, ErrorNotice, Skeleton } from "@/ui/surfaces";
import { membersBody } from "./cohort_queries";

/** The people of a cohort, page by page. */
export function MemberList({ cohort }: { cohort: Cohort }) {
  const project = useProject();
  const [page, setPage] = useState(1);
  const people = useQuery(behindQuery({ body: membersBody(cohort), stage: 1, which: "reached", value: null, page }));
  return (
    <Card>
      <h2 className="mb-2">The people</h2>
      {people.isPending && (
        <>
          <Progress doing="Listing" />
          <Skeleton className="h-40" />
        </>
      )}
      {people.isError && <ErrorNotice error={people.error} onRetry={() => void people.refetch()} />}
      {people.data?.length === 0 && <p className="text-quiet">{page === 1 ? "Nobody." : "No more."}</p>}
      {people.data && people.data.length > 0 && (
        <table className="w-full text-sm">
          <thead>
            <tr className="border-b border-line text-left text-quiet">
              <th scope="col" className="py-2 pr-4 font-medium">
                Who
              </th>
              <th scope="col" className="py-2 font-medium">
                First seen
              </th>
            </tr>
          </thead>
          <tbody>
            {people.data.map(({ user_id: id, at }) => (
              <tr key={id} className="border-b border-line last:border-0">
                <th scope="row" className="py-1.5 pr-4 text-left font-normal wrap-anywhere">
                  <Link className="link" to={`/projects/${project.id}/people/${encodeURIComponent(id)}`}>
                    {id}
                  </Link>
                </th>
                <td className="py-1.5">{formatMoment(at, project.timezone)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Pager page={page} onPage={setPage} hasMore={people.data?.length === PEOPLE_PER_PAGE} />
    </Card>
  );
}
