import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "@/api/client";
import { meQuery } from "@/api/queries";
import type { User } from "@/api/types";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { SelectField } from "@/ui/Field";
import { Card } from "@/ui/surfaces";
import { useSay } from "@/ui/toasts";
import { allMembersQuery, INVITATIONS_KEY, MEMBERS_KEY } from "./member_queries";
import { nameOf } from "./rights";

/** An owner hands the organisation over; not there where there is nobody to hand it to. */
export function Transfer({ me }: { me: User }) {
  const client = useQueryClient();
  const say = useSay();
  const others = useQuery(allMembersQuery()).data?.filter(({ id }) => id !== me.id) ?? [];
  const [chosen, setChosen] = useState("");
  const [isAsking, setIsAsking] = useState(false);
  const heir = others.find(({ id }) => id === chosen);
  if (others.length === 0) return null;
  const transfer = async () => {
    await answered(api.POST("/api/v1/organization/transfer-ownership", { body: { user_id: chosen } }));
    say("The ownership is handed over; you are an admin now.");
    await Promise.all([MEMBERS_KEY, INVITATIONS_KEY, meQuery.queryKey].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  return (
    <Card>
      <h2>Hand over the ownership</h2>
      <p className="mt-1 mb-3 max-w-prose text-sm text-quiet">
        Makes a member an owner and you an admin, in one step. To have another owner beside you, give them the role above instead.
      </p>
      <div className="flex flex-wrap items-end gap-2">
        <SelectField label="New owner" className="w-full max-w-xs" value={chosen} onChange={({ target }) => setChosen(target.value)}>
          <option value="">Choose a member</option>
          {others.map((member) => (
            <option key={member.id} value={member.id}>
              {nameOf(member)}
            </option>
          ))}
        </SelectField>
        <Button look="danger" disabled={!heir} onClick={() => setIsAsking(true)}>
          Hand over …
        </Button>
      </div>
      {isAsking && heir && (
        <Confirm title={`Make ${nameOf(heir)} the owner, and you an admin?`} action="Hand over" run={transfer} onClose={() => setIsAsking(false)}>
          <p>It holds at once. You cannot take it back: only {nameOf(heir)}, or another owner, can make you one again.</p>
        </Confirm>
      )}
    </Card>
  );
}
