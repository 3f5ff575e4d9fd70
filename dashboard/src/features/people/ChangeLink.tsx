import { useQueryClient } from "@tanstack/react-query";
import type { IdentityLink } from "@/api/types";
import { Confirm } from "@/ui/Confirm";
import { useSay } from "@/ui/toasts";
import { joinedOf, meaningOf, type LinkChange } from "./link_words";
import { changeLink } from "./people_queries";

interface ChangeLinkProps {
  link: IdentityLink;
  change: LinkChange;
  projectId: string;
  onClose: () => void;
}

/** Says what undoing or restoring a link means, and does it. */
export function ChangeLink({ link, change, projectId, onClose }: ChangeLinkProps) {
  const client = useQueryClient();
  const say = useSay();
  const { id } = joinedOf(link);
  const isUndo = change === "undo";
  const run = async () => {
    await changeLink(projectId, link, change);
    say(isUndo ? `${id} and ${link.user_id} are two people again.` : `${id} and ${link.user_id} are one person again.`);
    await client.invalidateQueries(); // there is no figure that it could not have changed
  };
  return (
    <Confirm
      title={isUndo ? `Undo that ${id} is ${link.user_id}?` : `Restore that ${id} is ${link.user_id}?`}
      action={isUndo ? "Undo the link" : "Restore the link"}
      look={isUndo ? "danger" : "primary"}
      run={run}
      onClose={onClose}
    >
      {meaningOf(change, link).map((text) => (
        <p key={text} className="break-words">
          {text}
        </p>
      ))}
    </Confirm>
  );
}
