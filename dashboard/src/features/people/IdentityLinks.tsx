import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { IdentityLink, Project } from "@/api/types";
import { useMay } from "@/app/may";
import { Pager } from "@/ui/Pager";
import { Card, ErrorNotice, Skeleton } from "@/ui/surfaces";
import { ChangeLink } from "./ChangeLink";
import { IdentityLinkLine } from "./IdentityLinkLine";
import { joinedOf, type LinkChange } from "./link_words";
import { identityLinksQuery, LINKS_PER_PAGE } from "./people_queries";

/** Which ids were said to be one person, and taking that back. */
export function IdentityLinks({ project, personId }: { project: Project; personId: string }) {
  const [page, setPage] = useState(1);
  const [asked, setAsked] = useState<{ link: IdentityLink; change: LinkChange } | null>(null);
  const mayChange = useMay("admin");
  const links = useQuery(identityLinksQuery(project.id, personId, page));
  return (
    <Card>
      <h2 className="mb-1">Identities</h2>
      <p className="mb-3 max-w-prose text-sm text-quiet">
        Ids that were said to be the same person. What was done under any of them counts as one person’s while the link stands.
      </p>
      {links.isPending && <Skeleton className="h-16" />}
      {links.isError && <ErrorNotice error={links.error} onRetry={() => void links.refetch()} />}
      {links.data?.length === 0 && (
        <p className="text-sm text-quiet">
          Nobody. A call of <code>identify</code> says whose a visitor’s events are, <code>alias</code> that two users are one.
        </p>
      )}
      {links.data && links.data.length > 0 && (
        <ul className="divide-y divide-line border-t border-line">
          {links.data.map((link) => (
            <IdentityLinkLine
              key={`${joinedOf(link).kind}-${joinedOf(link).id}-${link.user_id}`}
              link={link}
              project={project}
              onChange={mayChange ? (change) => setAsked({ link, change }) : null}
            />
          ))}
        </ul>
      )}
      <Pager page={page} onPage={setPage} hasMore={links.data?.length === LINKS_PER_PAGE} />
      {asked && <ChangeLink {...asked} projectId={project.id} onClose={() => setAsked(null)} />}
    </Card>
  );
}
