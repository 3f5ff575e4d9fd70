import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, done } from "@/api/client";
import { meQuery } from "@/api/queries";
import type { Invitation, Member } from "@/api/types";
import { useSight } from "@/app/as_of";
import { useMay } from "@/app/may";
import { formatMoment } from "@/format/times";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { Pager } from "@/ui/Pager";
import { Card, ErrorNotice, Skeleton } from "@/ui/surfaces";
import { useSay } from "@/ui/toasts";
import { allMembersQuery, INVITATIONS_KEY, invitationsQuery, PAGE_SIZE } from "./member_queries";
import { mayManage, nameOf, withArticle } from "./rights";

/** Who may become a member. */
export function Invitations({ timezone }: { timezone: string }) {
  const [page, setPage] = useState(1);
  const { asOf } = useSight();
  const invitations = useQuery(invitationsQuery(asOf, page));
  const members = useQuery(allMembersQuery(asOf)).data;
  return (
    <Card>
      <h2>Open invitations</h2>
      {invitations.isPending && <Skeleton className="mt-2 h-16" />}
      {invitations.isError && <ErrorNotice error={invitations.error} onRetry={() => void invitations.refetch()} />}
      {invitations.data?.length === 0 && <p className="mt-1 text-quiet">None. Whoever has registered by an invitation is a member, above.</p>}
      {invitations.data && invitations.data.length > 0 && (
        <ul aria-label="Open invitations" className="mt-2 divide-y divide-line border-t border-line">
          {invitations.data.map((invitation) => (
            <InvitationLine
              key={invitation.id}
              invitation={invitation}
              inviter={members?.find(({ id }) => id === invitation.invited_by)}
              timezone={timezone}
            />
          ))}
        </ul>
      )}
      <Pager page={page} onPage={setPage} hasMore={invitations.data?.length === PAGE_SIZE} />
    </Card>
  );
}

interface InvitationLineProps {
  invitation: Invitation;
  inviter: Member | undefined;
  timezone: string;
}

function InvitationLine({ invitation, inviter, timezone }: InvitationLineProps) {
  const client = useQueryClient();
  const say = useSay();
  const [isAsking, setIsAsking] = useState(false);
  const role = useQuery(meQuery).data?.role;
  const mayRevoke = useMay("admin") && role !== undefined && mayManage(role, invitation.role);
  const revoke = async () => {
    await done(api.DELETE("/api/v1/organization/invitations/{invitation_id}", { params: { path: { invitation_id: invitation.id } } }));
    say("The invitation is taken back.");
    await client.invalidateQueries({ queryKey: INVITATIONS_KEY });
  };
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="font-medium break-all">{invitation.email}</p>
        <p className="text-sm text-quiet">
          as {withArticle(invitation.role)}
          {inviter && `, by ${nameOf(inviter)}`}
        </p>
      </div>
      <p className="text-sm text-quiet">Open until {formatMoment(invitation.expires_at, timezone)}</p>
      {mayRevoke && (
        <Button look="danger" aria-label={`Take back the invitation of ${invitation.email}`} onClick={() => setIsAsking(true)}>
          Take back
        </Button>
      )}
      {isAsking && (
        <Confirm title={`Take back the invitation of ${invitation.email}?`} action="Take it back" run={revoke} onClose={() => setIsAsking(false)}>
          <p>The link is worthless at once, and the address is forgotten. You can invite it again.</p>
        </Confirm>
      )}
    </li>
  );
}
