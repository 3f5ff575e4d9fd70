import type { Project } from "@/api/types";
import { Lines } from "./Lines";
import { SectionForm } from "./SectionForm";
import { useProjectForm, type Part } from "./use_project_form";

interface Draft {
  origins: string[];
}

const PART: Part<Draft> = {
  toDraft: ({ allowed_origins: origins }) => ({ origins }),
  toBody: ({ origins }) => ({ allowed_origins: origins }),
};

/** Which pages may send events. */
export function Origins({ project }: { project: Project }) {
  const form = useProjectForm(project, PART);
  return (
    <SectionForm form={form} shown={["allowed_origins"]}>
      <Lines
        label="Allowed origins"
        about="Pages of these origins may send events from a browser, with a write key. https://*.example.com stands for every subdomain. Servers send no origin, and are not asked for one."
        one="Origin"
        none="None is listed: pages of every origin may send events."
        placeholder="https://shop.example.com"
        lines={form.draft.origins}
        onChange={(origins) => form.change({ origins })}
        name="allowed_origins"
        fields={form.fields}
      />
    </SectionForm>
  );
}
