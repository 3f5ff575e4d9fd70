import { Link, useLocation } from "react-router";
import { useHasRole } from "@/app/may";
import { deletedIn } from "./just_deleted";

/** Right after a deletion: what went, and where it can be brought back. */
export function DeletedNotice({ projectId }: { projectId: string }) {
  const deleted = deletedIn(useLocation().state);
  const mayReadAll = useHasRole("admin");
  if (!deleted) return null;
  const history = `/projects/${projectId}/history`;
  return (
    <p role="status" className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-1 rounded-md bg-sunken px-4 py-3">
      <span>
        <strong>{deleted.name}</strong> is deleted.
      </span>
      <Link className="link" to={`${history}/funnels/${deleted.id}`}>
        Bring it back, or see its history
      </Link>
      {mayReadAll && (
        <Link className="link" to={`${history}?tab=deleted`}>
          All that is deleted
        </Link>
      )}
    </p>
  );
}
