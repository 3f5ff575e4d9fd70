import { useQuery } from "@tanstack/react-query";
import { useParams, useSearchParams } from "react-router";
import { ApiError } from "@/api/error";
import { useSight } from "@/app/as_of";
import { useMay } from "@/app/may";
import { NotFoundPage } from "@/app/NotFoundPage";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { readJson } from "@/questions/base_view";
import { ButtonLink } from "@/ui/Button";
import { EmptyState, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { CohortForm } from "./CohortForm";
import { CohortMembers } from "./CohortMembers";
import { cohortQuery } from "./cohort_queries";
import { DeleteCohort } from "./DeleteCohort";
import { EMPTY, readDraft } from "./draft";
import { inWords } from "./in_words";

const NEW = "new";

/** A cohort: who is in it, and, where the address says so, its rules to be changed. */
export function Page() {
  const { cohortId = NEW } = useParams();
  const [search] = useSearchParams();
  const project = useProject();
  const mayEdit = useMay("analyst");
  const isNew = cohortId === NEW;
  const found = useQuery({ ...cohortQuery(cohortId, useSight().asOf), enabled: !isNew });
  const cohort = found.data;
  const isEdited = isNew || (mayEdit && search.get("edit") === "1");
  const title = isNew ? "New cohort" : isEdited ? `Edit ${cohort?.name ?? "cohort"}` : (cohort?.name ?? "Cohort");
  useTitle(title);
  if (isNew && !mayEdit) {
    return (
      <EmptyState title="No cohort can be made here" action={<ButtonLink to={`/projects/${project.id}/cohorts`}>All cohorts</ButtonLink>}>
        It needs the role of an analyst, and the present: nothing is made while you look back.
      </EmptyState>
    );
  }
  if (!isNew && found.isPending) return <Skeleton className="h-80" />;
  if (found.error instanceof ApiError && found.error.status === 404) return <NotFoundPage />;
  if (found.isError) return <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />;
  if (cohort && cohort.project_id !== project.id) return <NotFoundPage />;
  if (isEdited) {
    return (
      <>
        <PageHead title={title} about="Rules that say who is in it. They are looked at anew with each question that is filtered by it." />
        <CohortForm start={readDraft(readJson(search.get("definition"))) ?? cohort ?? EMPTY} saved={cohort ?? null} />
      </>
    );
  }
  if (!cohort) return null;
  return (
    <>
      <PageHead title={title} about={cohort.description}>
        <ButtonLink to={`/projects/${project.id}/history/cohorts/${cohort.id}`}>History</ButtonLink>
        {mayEdit && (
          <>
            <ButtonLink to="?edit=1" look="primary">
              Edit
            </ButtonLink>
            <DeleteCohort cohort={cohort} />
          </>
        )}
      </PageHead>
      <p className="mb-4 max-w-prose break-words">{inWords(cohort.definition)}</p>
      <CohortMembers cohort={cohort} />
    </>
  );
}
