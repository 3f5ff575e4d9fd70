import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Project } from "@/api/types";
import { useSight } from "@/app/as_of";
import { formatCount } from "@/format/numbers";
import { formatMoment, formatRange } from "@/format/times";
import { Pager } from "@/ui/Pager";
import { Card, ErrorNotice, Skeleton } from "@/ui/surfaces";
import { expiredQuery, PAGE_SIZE } from "./project_queries";

const HEADS = ["Day (UTC)", "Events", "Why", "What became of them", "When"];

/** The ledger of what has expired so far. */
export function Expired({ project }: { project: Project }) {
  const [page, setPage] = useState(1);
  const { asOf } = useSight();
  const expired = useQuery(expiredQuery(project.id, page));
  return (
    <Card>
      <h2>What has expired so far</h2>
      {asOf && <p className="text-sm text-quiet">This list is of now.</p>}
      {expired.isPending && <Skeleton className="mt-3 h-24" />}
      {expired.isError && <ErrorNotice error={expired.error} onRetry={() => void expired.refetch()} />}
      {expired.data?.length === 0 && (
        <p className="mt-1 text-quiet">{page === 1 ? "Nothing yet. Every removal is listed here, by the day of its events." : "No more."}</p>
      )}
      {expired.data && expired.data.length > 0 && (
        <div className="mt-3 overflow-x-auto" tabIndex={0} role="region" aria-label="What has expired">
          <table className="w-full text-sm">
            <thead>
              <tr className="border-b border-line text-left text-quiet">
                {HEADS.map((head) => (
                  <th key={head} scope="col" className={`py-2 pr-4 font-medium whitespace-nowrap ${head === "Events" ? "text-right" : ""}`}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {expired.data.map((line) => (
                <tr key={line.file} className="border-b border-line whitespace-nowrap last:border-0">
                  <th scope="row" className="py-1.5 pr-4 text-left font-normal">
                    {formatRange(line.day, line.day)}
                  </th>
                  <td className="py-1.5 pr-4 text-right">{formatCount(line.events)}</td>
                  <td className="py-1.5 pr-4">{line.rule}</td>
                  <td className="py-1.5 pr-4">{line.archived_as ? "archived" : "deleted"}</td>
                  <td className="py-1.5 pr-4">{formatMoment(line.expired_at, project.timezone)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pager page={page} onPage={setPage} hasMore={expired.data?.length === PAGE_SIZE} back="Newer" on="Older" />
    </Card>
  );
}
