import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Project } from "@/api/types";
import { NotFoundPage } from "@/app/NotFoundPage";
import { Card, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { IdentityLinks } from "./IdentityLinks";
import { otherIds } from "./link_words";
import { identityLinksQuery } from "./people_queries";

/** No event is of the person with this id. Where a link was undone the events are of those they were joined with. */
export function NobodyHere({ project, personId }: { project: Project; personId: string }) {
  const links = useQuery(identityLinksQuery(project.id, personId));
  if (links.isPending) return <Skeleton className="h-40" />;
  if (links.isError) return <ErrorNotice error={links.error} onRetry={() => void links.refetch()} />;
  if (links.data.length === 0) return <NotFoundPage />;
  return (
    <>
      <PageHead title={personId} about="No event is theirs now: a link was undone, and what counted as theirs is of others again." />
      <div className="flex flex-col gap-4">
        <Card>
          <h2 className="mb-2">Where the events are</h2>
          <ul className="flex flex-col gap-1">
            {otherIds(links.data, personId).map((id) => (
              <li key={id} className="wrap-anywhere">
                <Link className="link" to={`/projects/${project.id}/people/${encodeURIComponent(id)}`}>
                  {id}
                </Link>
              </li>
            ))}
          </ul>
        </Card>
        <IdentityLinks project={project} personId={personId} />
      </div>
    </>
  );
}
