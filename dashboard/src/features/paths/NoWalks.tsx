import type { Project } from "@/api/types";
import { ButtonLink } from "@/ui/Button";
import { EmptyState } from "@/ui/surfaces";

export function NoWalks({ project }: { project: Project }) {
  return (
    <EmptyState title="Nobody walked here" action={<ButtonLink to={`/projects/${project.id}/setup`}>See whether events arrive</ButtonLink>}>
      In this range no walk has such steps. Try a longer range or fewer filters, another start or end, or see whether the
      events carry what a step is: a page, for one, is the <code>url</code> of an event.
    </EmptyState>
  );
}
