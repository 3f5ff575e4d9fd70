import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { answered, api, done } from "@/api/client";
import { projectsQuery } from "@/api/queries";
import { ifMatch, unlessStale } from "@/api/stale";
import type { Project } from "@/api/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { TextField } from "@/ui/Field";
import { ErrorNotice } from "@/ui/surfaces";
import { useSay } from "@/ui/toasts";

const PATH = "/api/v1/projects/{project_id}";

/** Deletes a project whose name was typed; and takes it back, as long as this is open. */
export function DeleteProject({ project, onClose }: { project: Project; onClose: () => void }) {
  const client = useQueryClient();
  const [typed, setTyped] = useState("");
  const params = { path: { project_id: project.id } };
  const remove = useMutation({
    mutationFn: () => unlessStale(done(api.DELETE(PATH, { params, headers: ifMatch(project.version) })), "Cancel, and see what they made of it."),
    onError: () => void client.invalidateQueries({ queryKey: ["project", project.id] }), // it may be another version by now
  });
  if (remove.isSuccess) return <Deleted project={project} onClose={onClose} />;
  return (
    <Dialog title={`Delete ${project.name}?`} onClose={onClose}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === project.name) remove.mutate();
        }}
      >
        <p>Events that are sent from now on are refused, and lost. Its funnels, reports and dashboards cannot be opened.</p>
        <TextField label={`Type “${project.name}” to go on`} autoComplete="off" value={typed} onChange={({ target }) => setTyped(target.value)} />
        {remove.error && <ErrorNotice error={remove.error} />}
        <div className="mt-2 flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="danger" disabled={typed !== project.name} isBusy={remove.isPending}>
            Delete the project
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Other pages hear of the deletion when this is closed: until then it can be taken back here. */
function Deleted({ project, onClose }: { project: Project; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  const undelete = useMutation({
    mutationFn: () => answered(api.POST(`${PATH}/undelete`, { params: { path: { project_id: project.id } } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["project", project.id] });
      say(`${project.name} is back.`);
      onClose();
    },
  });
  const other = client.getQueryData(projectsQuery.queryKey)?.find(({ id }) => id !== project.id);
  const goOn = async () => {
    await navigate(other ? `/projects/${other.id}/funnels` : "/welcome");
    await client.invalidateQueries({ queryKey: projectsQuery.queryKey });
  };
  return (
    <Dialog title={`${project.name} is deleted`} onClose={() => void goOn()}>
      <p>
        It can be taken back here and now, or by an admin within 30 days
        {other ? ": under “Deleted” in the History of any other project." : ", in the History of the next project that is made, under “Deleted”."}
      </p>
      {undelete.error && <ErrorNotice error={undelete.error} />}
      <div className="mt-2 flex flex-wrap justify-end gap-2">
        <Button isBusy={undelete.isPending} onClick={() => undelete.mutate()}>
          Take it back
        </Button>
        <Button look="primary" onClick={() => void goOn()}>
          Go on without it
        </Button>
      </div>
    </Dialog>
  );
}
