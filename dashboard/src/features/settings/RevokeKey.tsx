import { useQueryClient } from "@tanstack/react-query";
import { api, done } from "@/api/client";
import type { ApiKey, Project } from "@/api/types";
import { formatMoment } from "@/format/times";
import { Confirm } from "@/ui/Confirm";
import { useSay } from "@/ui/toasts";

export function RevokeKey({ project, apiKey, onClose }: { project: Project; apiKey: ApiKey; onClose: () => void }) {
  const client = useQueryClient();
  const say = useSay();
  const revoke = async () => {
    const path = { project_id: project.id, key_id: apiKey.id };
    await done(api.DELETE("/api/v1/projects/{project_id}/api-keys/{key_id}", { params: { path } }));
    say(`${apiKey.name} is revoked.`);
    await client.invalidateQueries({ queryKey: ["api-keys", project.id] });
  };
  return (
    <Confirm title={`Revoke ${apiKey.name}?`} action="Revoke it" run={revoke} onClose={onClose}>
      <p>
        {apiKey.kind === "write"
          ? "Events that are sent with it are refused from its next request on, and are lost where the sender gives up."
          : "Programs that ask with it are refused from their next request on."}{" "}
        {apiKey.last_used_at ? `It was last used on ${formatMoment(apiKey.last_used_at, project.timezone)}.` : "It was never used."}
      </p>
      <p>A key that is revoked does not come back. Make the new one first, and put it where this one stands.</p>
    </Confirm>
  );
}
