import { useQuery } from "@tanstack/react-query";
import { useParams, useSearchParams } from "react-router";
import { ApiError } from "@/api/error";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { useAddress } from "@/questions/use_address";
import { Button, ButtonLink } from "@/ui/Button";
import { Card, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { IdentityLinks } from "./IdentityLinks";
import { NobodyHere } from "./NobodyHere";
import { EVENTS_PER_PAGE, personQuery } from "./people_queries";
import { EVENTS_ADDRESS } from "./people_view";
import { PersonFacts } from "./PersonFacts";
import { Timeline } from "./Timeline";
import { marksOf } from "./marks";
import { useExplained } from "./use_explained";
import { WhyInFunnel } from "./WhyInFunnel";

/** One person: who they are, what they did, and, coming from a funnel, why they count in it as they do. */
export function Page() {
  const { personId = "" } = useParams();
  const [search] = useSearchParams();
  const project = useProject();
  const { asOf } = useSight();
  const [{ page }, change] = useAddress(EVENTS_ADDRESS);
  const person = useQuery(personQuery(project.id, personId, page));
  useTitle(personId);
  const funnelId = search.get("funnel");
  const why = useExplained(project, funnelId, personId);
  if (person.isPending) return <Skeleton className="h-80" />;
  if (person.error instanceof ApiError && person.error.status === 404) return <NobodyHere project={project} personId={personId} />;
  if (person.isError) return <ErrorNotice error={person.error} onRetry={() => void person.refetch()} />;
  const pages = Math.max(1, Math.ceil(person.data.event_count / EVENTS_PER_PAGE));
  return (
    <>
      <PageHead title={person.data.id} about={person.data.is_anonymous ? "An anonymous visitor" : "A known user"}>
        {funnelId && <ButtonLink to={backTo(project.id, funnelId, search)}>Back to the funnel</ButtonLink>}
      </PageHead>
      {asOf && <p className="mb-4 text-sm text-quiet">This page knows the present only: it shows the person as they are now.</p>}
      <div className="flex flex-col gap-4">
        {funnelId && <WhyInFunnel {...why} timezone={project.timezone} />}
        <PersonFacts person={person.data} timezone={project.timezone} />
        <IdentityLinks key={personId} project={project} personId={personId} />
        <Card>
          <h2 className="mb-3">What they did</h2>
          <Timeline events={person.data.events} sessions={person.data.sessions} timezone={project.timezone} marks={marksOf(why.explained.data)} />
          {pages > 1 && (
            <div className="mt-4 flex items-center gap-2">
              <Button disabled={page === 1} onClick={() => change({ page: page - 1 })}>
                Newer
              </Button>
              <Button disabled={page >= pages} onClick={() => change({ page: page + 1 })}>
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
  for (const own of ["funnel", "page"]) view.delete(own);
  return `/projects/${projectId}/funnels/${funnelId}?${view.toString()}`;
}
