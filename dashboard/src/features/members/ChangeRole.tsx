import { useQueryClient } from "@tanstack/react-query";
import { answered, api } from "@/api/client";
import { meQuery } from "@/api/queries";
import type { Member } from "@/api/types";
import { Confirm } from "@/ui/Confirm";
import { useSay } from "@/ui/toasts";
import { INVITATIONS_KEY, MEMBERS_KEY } from "./member_queries";
import { aboutRole, nameOf, ROLES, withArticle } from "./rights";

interface ChangeRoleProps {
  member: Member;
  isMe: boolean;
  role: Member["role"];
  onClose: () => void;
}

export function ChangeRole({ member, isMe, role, onClose }: ChangeRoleProps) {
  const client = useQueryClient();
  const say = useSay();
  const who = isMe ? "yourself" : nameOf(member);
  const isLess = ROLES.indexOf(role) > ROLES.indexOf(member.role);
  const change = async () => {
    await answered(api.PATCH("/api/v1/organization/members/{user_id}", { params: { path: { user_id: member.id } }, body: { role } }));
    say(`${isMe ? "You are" : `${nameOf(member)} is`} ${withArticle(role)} now.`);
    await Promise.all([MEMBERS_KEY, INVITATIONS_KEY, meQuery.queryKey].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  return (
    <Confirm title={`Make ${who} ${withArticle(role)}?`} action={`Make ${isMe ? "me" : "them"} ${withArticle(role)}`} look={isLess ? "danger" : "primary"} run={change} onClose={onClose}>
      <p>{aboutRole(role)}</p>
      {isLess && <p>It holds at once. Invitations that {isMe ? "you have" : "they have"} given out, and that the new role could not give, end with it.</p>}
      {isMe && <p>You cannot take it back yourself: another member has to give you more again.</p>}
    </Confirm>
  );
}
