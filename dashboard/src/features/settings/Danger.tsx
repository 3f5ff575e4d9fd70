import { useState } from "react";
import type { Project } from "@/api/types";
import { useMay } from "@/app/may";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/surfaces";
import { DeleteProject } from "./DeleteProject";

/** What cannot be undone for ever. */
export function Danger({ project }: { project: Project }) {
  const [isAsking, setIsAsking] = useState(false);
  const mayDelete = useMay("admin");
  return (
    <Card className="flex flex-wrap items-center justify-between gap-4 border-danger/40">
      <div className="max-w-prose">
        <h2>Delete this project</h2>
        <p className="mt-1 text-sm text-quiet">
          Its keys stop working at once, and nobody sees its pages any more. For 30 days it can be undeleted, with everything in it; then its
          events are removed for good. {!mayDelete && "Admins and owners can do this."}
        </p>
      </div>
      {mayDelete && (
        <Button look="danger" onClick={() => setIsAsking(true)}>
          Delete {project.name}
        </Button>
      )}
      {isAsking && <DeleteProject project={project} onClose={() => setIsAsking(false)} />}
    </Card>
  );
}
