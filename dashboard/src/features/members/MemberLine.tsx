import { useState } from "react";
import type { Member, User } from "@/api/types";
import { useMay } from "@/app/may";
import { formatDate } from "@/format/times";
import { Button } from "@/ui/Button";
import { SelectField } from "@/ui/Field";
import { ChangeRole } from "./ChangeRole";
import { RemoveMember } from "./RemoveMember";
import { mayManage, nameOf, roleName, rolesFor } from "./rights";

interface MemberLineProps {
  member: Member;
  me: User;
  timezone: string;
}

/** One member: their role, and what may be done about it. */
export function MemberLine({ member, me, timezone }: MemberLineProps) {
  const [wanted, setWanted] = useState<Member["role"] | null>(null);
  const [isRemoving, setIsRemoving] = useState(false);
  const isNow = useMay("viewer");
  const isMe = member.id === me.id;
  const isMember = member.status === "active";
  const roles = isNow && isMember ? rolesFor(me, member) : [];
  const mayRemove = isNow && isMember && (isMe || mayManage(me.role, member.role));
  const mayErase = isNow && member.status === "removed" && me.role === "owner";
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="font-medium break-words">
          {nameOf(member)}
          {isMe && <span className="ml-2 rounded bg-accent-soft px-1.5 py-0.5 text-xs text-accent">you</span>}
        </p>
        <p className="text-sm break-all text-quiet">{member.email}</p>
      </div>
      <p className="w-36 text-sm text-quiet">
        {isMember ? `Since ${formatDate(member.created_at, timezone)}` : `${member.status === "erased" ? "Erased" : "Left"} ${formatDate(member.updated_at, timezone)}`}
      </p>
      <div className="flex items-center gap-2">
        {roles.length > 1 ? (
          <SelectField
            label={`Role of ${nameOf(member)}`}
            isLabelHidden
            className="w-32"
            value={member.role}
            onChange={({ target }) => setWanted(target.value as Member["role"])}
          >
            {roles.map((role) => (
              <option key={role} value={role}>
                {roleName(role)}
              </option>
            ))}
          </SelectField>
        ) : (
          <p className="text-sm sm:w-32 sm:px-3">{roleName(member.role)}</p>
        )}
        <div className="flex sm:w-24 sm:justify-end">
          {(mayRemove || mayErase) && (
            <Button look="danger" aria-label={`${actionOf(isMe, isMember)} ${isMe ? "the organisation" : nameOf(member)}`} onClick={() => setIsRemoving(true)}>
              {actionOf(isMe, isMember)}
            </Button>
          )}
        </div>
      </div>
      {wanted && <ChangeRole member={member} isMe={isMe} role={wanted} onClose={() => setWanted(null)} />}
      {isRemoving && <RemoveMember member={member} me={me} onClose={() => setIsRemoving(false)} />}
    </li>
  );
}

const actionOf = (isMe: boolean, isMember: boolean): string => (isMe ? "Leave" : isMember ? "Remove" : "Erase");
