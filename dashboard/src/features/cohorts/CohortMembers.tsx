import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import type { Cohort } from "@/api/types";
import { useSight } from "@/app/as_of";
import { formatCount, formatPercent, plural } from "@/format/numbers";
import { answerQuery } from "@/questions/answers";
import { writeBase } from "@/questions/base_view";
import { DEFAULT_RANGE } from "@/questions/ranges";
import { Button } from "@/ui/Button";
import { Progress } from "@/ui/Progress";
import { Card, ErrorNotice, Skeleton } from "@/ui/surfaces";
import { isInCohort, sizeBody } from "./cohort_queries";
import { MemberList } from "./MemberList";

const QUESTIONS = [
  ["trends", "Trends"],
  ["retention", "Retention"],
  ["paths", "Paths"],
  ["lifecycle", "Lifecycle"],
  ["stickiness", "Stickiness"],
  ["sessions", "Sessions"],
] as const;

/** How many people are in a cohort, who they are, and the way to what they do. */
export function CohortMembers({ cohort }: { cohort: Cohort }) {
  const { asOf } = useSight();
  const [search, setSearch] = useSearchParams();
  const isListed = search.get("people") === "1";
  if (asOf) return <p className="text-sm text-quiet">How many people are in a cohort is told of the present only.</p>;
  const filtered = writeBase({ range: DEFAULT_RANGE, filter: [isInCohort(cohort.id)], bots: false }).toString();
  const showList = () =>
    setSearch(
      (before) => {
        before.set("people", "1");
        return before;
      },
      { preventScrollReset: true },
    );
  return (
    <div className="flex flex-col gap-4">
      <Card>
        <h2>In it now</h2>
        <Size cohort={cohort} />
        <h3 className="mt-5 text-sm">What they do</h3>
        <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-1">
          {QUESTIONS.map(([path, label]) => (
            <li key={path}>
              <Link className="link" to={`/projects/${cohort.project_id}/${path}?${filtered}`}>
                {label}
              </Link>
            </li>
          ))}
        </ul>
        {!isListed && (
          <Button className="mt-5" onClick={showList}>
            List the people
          </Button>
        )}
      </Card>
      {isListed && <MemberList cohort={cohort} />}
    </div>
  );
}

function Size({ cohort }: { cohort: Cohort }) {
  const answer = useQuery(answerQuery("trends", sizeBody(cohort)));
  if (answer.isPending) {
    return (
      <>
        <Progress />
        <Skeleton className="mt-2 h-12" label="Counting" />
      </>
    );
  }
  if (answer.isError) return <ErrorNotice error={answer.error} onRetry={() => void answer.refetch()} />;
  const [inside = 0, all = 0] = answer.data.series.map((line) => Number(line.total));
  return (
    <p className="mt-1">
      <span className="text-3xl font-semibold tabular-nums">{formatCount(inside)}</span>{" "}
      <span className="text-quiet">
        of {plural(all, "person", "people")} ever seen{all > 0 && `, ${formatPercent((inside / all) * 100)}`}
      </span>
    </p>
  );
}
