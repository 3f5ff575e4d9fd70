import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams, useSearchParams } from "react-router";
import { answered, api } from "@/api/client";
import { ApiError } from "@/api/error";
import type { WholePerson } from "@/api/types";
import { NotFoundPage } from "@/app/NotFoundPage";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { Button, ButtonLink } from "@/ui/Button";
import { Card, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { PersonFacts } from "./PersonFacts";
import { Timeline } from "./Timeline";
import { marksOf } from "./marks";
import { useExplained } from "./use_explained";
import { WhyInFunnel } from "./WhyInFunnel";

const EVENTS_PER_PAGE = 50;

/** One person: who they are, what they did, and, coming from a funnel, why they count in it as they do. */
export function Page() {
  const { personId = "" } = useParams();
  const [search] = useSearchParams();
  const project = useProject();
  const [page, setPage] = useState(1);
  const person = useQuery({
    queryKey: ["person", project.id, personId, page],
    queryFn: ({ signal }) =>
      answered<WholePerson>(
        api.GET("/api/v1/projects/{project_id}/persons/{person_id}", {
          params: { path: { project_id: project.id, person_id: personId }, query: { page, page_size: EVENTS_PER_PAGE } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  useTitle(personId);
  const funnelId = search.get("funnel");
  const why = useExplained(project, funnelId, personId);
  if (person.isPending) return <Skeleton className="h-80" />;
  if (person.error instanceof ApiError && person.error.status === 404) return <NotFoundPage />;
  if (person.isError) return <ErrorNotice error={person.error} onRetry={() => void person.refetch()} />;
  const pages = Math.max(1, Math.ceil(person.data.event_count / EVENTS_PER_PAGE));
  return (
    <>
      <PageHead title={person.data.id} about={person.data.is_anonymous ? "An anonymous visitor" : "A known user"}>
        {funnelId && <ButtonLink to={backTo(project.id, funnelId, search)}>Back to the funnel</ButtonLink>}
      </PageHead>
      <div className="flex flex-col gap-4">
        {funnelId && <WhyInFunnel {...why} timezone={project.timezone} />}
        <PersonFacts person={person.data} timezone={project.timezone} />
        <Card>
          <h2 className="mb-3">What they did</h2>
          <Timeline events={person.data.events} sessions={person.data.sessions} timezone={project.timezone} marks={marksOf(why.explained.data)} />
          {pages > 1 && (
            <div className="mt-4 flex items-center gap-2">
              <Button disabled={page === 1} onClick={() => setPage(page - 1)}>
                Newer
              </Button>
              <Button disabled={page === pages} onClick={() => setPage(page + 1)}>
                Older
              </Button>
              <span className="text-sm text-quiet">
                Page {page} of {pages}
              </span>
            </div>
          )}
        </Card>
      </div>
    </>
  );
}

function backTo(projectId: string, funnelId: string, search: URLSearchParams): string {
  const view = new URLSearchParams(search);
  view.delete("funnel");
  return `/projects/${projectId}/funnels/${funnelId}?${view.toString()}`;
}
