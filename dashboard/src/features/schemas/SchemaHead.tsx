import type { EventSchema } from "@/api/types";
import { useMay } from "@/app/may";
import { useProject } from "@/app/project";
import { quarantineLink } from "@/features/quality/view";
import { formatMoment } from "@/format/times";
import { DEFAULT_RANGE } from "@/questions/ranges";
import { ButtonLink } from "@/ui/Button";
import { PageHead } from "@/ui/surfaces";
import { DeleteSchema } from "./DeleteSchema";

/** Which schema this is, and what else there is of it. */
export function SchemaHead({ schema }: { schema: EventSchema | null }) {
  const project = useProject();
  const mayDelete = useMay("admin");
  if (!schema) return <PageHead title="New event schema" about="What the properties of one type of event must be. Nothing is kept, and nothing is checked, until you save." />;
  return (
    <PageHead
      title={`Schema of ${schema.event_type}`}
      about={`What the properties of these events must be. Version ${schema.version}, of ${formatMoment(schema.updated_at, project.timezone)}.`}
    >
      <ButtonLink to={quarantineLink(project.id, DEFAULT_RANGE, "schema")}>Refused events</ButtonLink>
      <ButtonLink to={`/projects/${project.id}/history/schemas/${schema.id}`}>History</ButtonLink>
      {mayDelete && <DeleteSchema schema={schema} />}
    </PageHead>
  );
}
