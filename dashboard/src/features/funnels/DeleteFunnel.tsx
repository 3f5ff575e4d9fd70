import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, done } from "@/api/client";
import { funnelQuery, funnelsQuery } from "@/api/queries";
import type { Funnel } from "@/api/types";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { justDeleted } from "./just_deleted";

export function DeleteFunnel({ funnel: { id, name, project_id: projectId } }: { funnel: Funnel }) {
  const [isAsking, setIsAsking] = useState(false);
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = async () => {
    await done(api.DELETE("/api/v1/funnels/{funnel_id}", { params: { path: { funnel_id: id } } }));
    await client.invalidateQueries({ queryKey: funnelsQuery(projectId).queryKey });
    await navigate(`/projects/${projectId}/funnels`, justDeleted(id, name));
    client.removeQueries({ queryKey: funnelQuery(id).queryKey });
  };
  return (
    <>
      <Button look="danger" onClick={() => setIsAsking(true)}>
        Delete
      </Button>
      {isAsking && (
        <Confirm title={`Delete ${name}?`} action="Delete it" run={remove} onClose={() => setIsAsking(false)}>
          <p>Its events stay, and so does its history, from which it can be brought back.</p>
        </Confirm>
      )}
    </>
  );
}
