import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { cohortsQuery } from "@/api/queries";
import { useSight } from "@/app/as_of";
import { useMay } from "@/app/may";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { ButtonLink } from "@/ui/Button";
import { PlusIcon } from "@/ui/icons";
import { EmptyState, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { inWords } from "./in_words";

export function Page() {
  useTitle("Cohorts");
  const project = useProject();
  const mayEdit = useMay("analyst");
  const cohorts = useQuery(cohortsQuery(project.id, useSight().asOf));
  return (
    <>
      <PageHead title="Cohorts" about="Groups of people by what they did, to filter any question by.">
        {mayEdit && (
          <ButtonLink to="new" look="primary">
            <PlusIcon />
            New cohort
          </ButtonLink>
        )}
      </PageHead>
      {cohorts.isPending && <Skeleton className="h-48" />}
      {cohorts.isError && <ErrorNotice error={cohorts.error} onRetry={() => void cohorts.refetch()} />}
      {cohorts.data?.length === 0 && (
        <EmptyState
          title="No cohort yet"
          action={
            mayEdit && (
              <ButtonLink to="new" look="primary">
                Make one
              </ButtonLink>
            )
          }
        >
          A cohort is a group of people with a name, such as those who bought at least twice in the last 30 days. Who is in it
          is found anew with each question that is filtered by it.
        </EmptyState>
      )}
      {cohorts.data && cohorts.data.length > 0 && (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
          {cohorts.data.map((cohort) => (
            <li key={cohort.id} className="relative flex flex-col gap-1 px-4 py-3.5 hover:bg-sunken">
              <Link to={cohort.id} className="font-semibold break-words after:absolute after:inset-0">
                {cohort.name}
              </Link>
              {cohort.description && <p className="text-sm text-quiet">{cohort.description}</p>}
              <p className="line-clamp-3 text-sm break-words text-quiet">{inWords(cohort.definition)}</p>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
