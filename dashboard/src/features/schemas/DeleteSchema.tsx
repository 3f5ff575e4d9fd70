import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, done } from "@/api/client";
import { ifMatch, unlessStale } from "@/api/stale";
import type { EventSchema } from "@/api/types";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { useSay } from "@/ui/toasts";
import { LEAVES_NOTHING } from "@/ui/unsaved";

export function DeleteSchema({ schema }: { schema: EventSchema }) {
  const [isAsking, setIsAsking] = useState(false);
  const client = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  const { id, project_id: projectId, event_type: eventType } = schema;
  const remove = async () => {
    const call = { params: { path: { project_id: projectId, schema_id: id } }, headers: ifMatch(schema.version) };
    await unlessStale(done(api.DELETE("/api/v1/projects/{project_id}/schemas/{schema_id}", call)), "Open the schema anew, and see what they made of it.");
    await client.invalidateQueries({ queryKey: ["schemas", projectId] });
    say(`The schema of ${eventType} is deleted.`);
    await navigate(`/projects/${projectId}/schemas`, LEAVES_NOTHING);
  };
  return (
    <>
      <Button look="danger" onClick={() => setIsAsking(true)}>
        Delete
      </Button>
      {isAsking && (
        <Confirm title={`Delete the schema of ${eventType}?`} action="Delete it" run={remove} onClose={() => setIsAsking(false)}>
          <p>Events of this type are taken unchecked from then on. What was refused stays in quarantine and can be sent again. The schema can be brought back from its history.</p>
        </Confirm>
      )}
    </>
  );
}
