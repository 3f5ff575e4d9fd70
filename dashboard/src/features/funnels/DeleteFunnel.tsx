import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, done } from "@/api/client";
import { funnelsQuery } from "@/api/queries";
import type { Funnel } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { ErrorNotice } from "@/ui/surfaces";
import { justDeleted } from "./just_deleted";

export function DeleteFunnel({ funnel }: { funnel: Funnel }) {
  const [isAsking, setIsAsking] = useState(false);
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => done(api.DELETE("/api/v1/funnels/{funnel_id}", { params: { path: { funnel_id: funnel.id } } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: funnelsQuery(funnel.project_id).queryKey });
      await navigate(`/projects/${funnel.project_id}/funnels`, justDeleted(funnel.id, funnel.name));
    },
  });
  return (
    <>
      <Button look="danger" onClick={() => setIsAsking(true)}>
        Delete
      </Button>
      {isAsking && (
        <Dialog title={`Delete ${funnel.name}?`} onClose={() => setIsAsking(false)}>
          <p>Its events stay, and so does its history, from which it can be brought back.</p>
          {remove.error && <ErrorNotice error={remove.error} />}
          <div className="mt-2 flex justify-end gap-2">
            <Button onClick={() => setIsAsking(false)}>Keep it</Button>
            <Button look="danger" isBusy={remove.isPending} onClick={() => remove.mutate()}>
              Delete it
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
