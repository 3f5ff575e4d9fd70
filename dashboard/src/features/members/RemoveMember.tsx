import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { forgetAccount } from "@/app/forget_account";
import { api, done } from "@/api/client";
import type { Member, User } from "@/api/types";
import { Checkbox } from "@/ui/Field";
import { Confirm } from "@/ui/Confirm";
import { useSay } from "@/ui/toasts";
import { INVITATIONS_KEY, MEMBERS_KEY } from "./member_queries";
import { nameOf } from "./rights";

interface RemoveMemberProps {
  member: Member;
  me: User;
  onClose: () => void;
}

/** Ends a membership; an owner may erase the person as well, also one who has left before. */
export function RemoveMember({ member, me, onClose }: RemoveMemberProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  const isMe = member.id === me.id;
  const hasLeft = member.status !== "active";
  const [isErasing, setIsErasing] = useState(hasLeft);
  const name = nameOf(member);
  const remove = async () => {
    const params = { path: { user_id: member.id }, query: { erase: isErasing } };
    await done(api.DELETE("/api/v1/organization/members/{user_id}", { params }));
    if (isMe) {
      await navigate("/sign-in");
      forgetAccount(client);
      return;
    }
    say(isErasing ? "The person is erased." : `${name} is removed.`);
    await Promise.all([MEMBERS_KEY, INVITATIONS_KEY].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  if (isMe) {
    return (
      <Confirm title={`Leave ${me.organization_name}?`} action="Leave" run={remove} onClose={onClose}>
        <p>You are signed out at once, and see none of its projects any more. What you have made stays, under your name.</p>
        <p>Your address can be invited again, or make an account of its own. To have your name forgotten too, erase your account instead.</p>
      </Confirm>
    );
  }
  return (
    <Confirm title={hasLeft ? `Erase ${name}?` : `Remove ${name}?`} action={isErasing ? "Erase for ever" : "Remove"} run={remove} onClose={onClose}>
      {!hasLeft && <p>They are signed out at once, and invitations that they have given out end. What they have made stays. They can be invited again.</p>}
      {!hasLeft && me.role === "owner" && (
        <Checkbox label="Erase the person as well" checked={isErasing} onChange={({ target }) => setIsErasing(target.checked)} />
      )}
      {isErasing && <p>Name and e-mail address become unreadable for ever, also in the history. What they did stays, by nobody.</p>}
    </Confirm>
  );
}
