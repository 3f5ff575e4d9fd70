import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { meQuery } from "@/api/queries";
import { useSight } from "@/app/as_of";
import { useHasRole, useMay } from "@/app/may";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { useAddress } from "@/questions/use_address";
import { Button } from "@/ui/Button";
import { Checkbox } from "@/ui/Field";
import { PlusIcon } from "@/ui/icons";
import { Pager } from "@/ui/Pager";
import { Card, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { Invitations } from "./Invitations";
import { Invite } from "./Invite";
import { MemberLine } from "./MemberLine";
import { membersQuery, PAGE_SIZE } from "./member_queries";
import { ABOUT, roleName, ROLES } from "./rights";
import { Transfer } from "./Transfer";
import { readView, writeView } from "./view";

const ADDRESS = { read: readView, write: writeView };

/** Who belongs to the organisation, and what each may do. */
export function Page() {
  useTitle("Members");
  const { timezone } = useProject();
  const { asOf } = useSight();
  const me = useQuery(meQuery).data;
  const isAdmin = useHasRole("admin");
  const [mayInvite, mayTransfer] = [useMay("admin"), useMay("owner")];
  const [{ former }, change] = useAddress(ADDRESS);
  const [page, setPage] = useState(1);
  const [isInviting, setIsInviting] = useState(false);
  const members = useQuery(membersQuery(asOf, page, former));
  const isAlone = members.data?.filter(({ is_active: isActive }) => isActive).length === 1 && page === 1;
  return (
    <>
      <PageHead title="Members" about={`Who may see the projects of ${me?.organization_name ?? "the organisation"}, and who may change what.`}>
        {mayInvite && (
          <Button look="primary" onClick={() => setIsInviting(true)}>
            <PlusIcon />
            Invite somebody
          </Button>
        )}
      </PageHead>
      <div className="flex flex-col gap-4">
        <Card>
          <div className="mb-2 flex flex-wrap items-center justify-between gap-3">
            <h2>Members</h2>
            <Checkbox
              label="Also those who have left"
              checked={former}
              onChange={({ target }) => {
                setPage(1);
                change({ former: target.checked });
              }}
            />
          </div>
          {members.isPending && <Skeleton className="h-40" />}
          {members.isError && <ErrorNotice error={members.error} onRetry={() => void members.refetch()} />}
          {members.data && me && (
            <ul aria-label="Members" className="divide-y divide-line border-y border-line">
              {members.data.map((member) => (
                <MemberLine key={member.id} member={member} me={me} timezone={timezone} />
              ))}
            </ul>
          )}
          <Pager page={page} onPage={setPage} hasMore={members.data?.length === PAGE_SIZE} />
          {isAlone && mayInvite && <p className="mt-3 text-sm text-quiet">Nobody else is here yet. Invite somebody, and they see what you see.</p>}
          <Roles />
        </Card>
        {isAdmin && <Invitations timezone={timezone} />}
        {mayTransfer && me && <Transfer me={me} />}
      </div>
      {isInviting && me && <Invite role={me.role} timezone={timezone} onClose={() => setIsInviting(false)} />}
    </>
  );
}

function Roles() {
  return (
    <details className="mt-4 text-sm">
      <summary className="w-fit text-quiet">What each role may do</summary>
      <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        {ROLES.map((role) => (
          <div key={role} className="contents">
            <dt className="font-medium">{roleName(role)}</dt>
            <dd className="text-quiet">{ABOUT[role]}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-2 max-w-prose text-quiet">
        Each role may do all that those below it may. Nobody gives themselves a role that may more, and the last owner stays one: make another
        member an owner first.
      </p>
    </details>
  );
}
