import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { ApiError } from "@/api/error";
import { useSight } from "@/app/as_of";
import { useMay } from "@/app/may";
import { NotFoundPage } from "@/app/NotFoundPage";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { ButtonLink } from "@/ui/Button";
import { EmptyState, ErrorNotice, Skeleton } from "@/ui/surfaces";
import { SchemaForm } from "./SchemaForm";
import { schemaQuery } from "./schema_queries";

const NEW = "new";

/** Makes a schema, shows one, changes it: always as text, with its meaning and its effect beside it. */
export function Page() {
  const { schemaId = "" } = useParams();
  const project = useProject();
  const { asOf } = useSight();
  const mayTry = useMay("analyst");
  const isNew = schemaId === NEW;
  const schema = useQuery({ ...schemaQuery(project.id, schemaId, asOf), enabled: !isNew });
  useTitle(isNew ? "New event schema" : schema.data ? `Schema of ${schema.data.event_type}` : "Event schema");
  if (isNew && !mayTry) {
    return (
      <EmptyState title="No schema can be made here" action={<ButtonLink to={`/projects/${project.id}/schemas`}>All schemas</ButtonLink>}>
        {asOf ? "You look at the past: go back to now to make one." : "Schemas are drafted and tried by analysts, and saved by admins."}
      </EmptyState>
    );
  }
  if (isNew) return <SchemaForm key={NEW} saved={null} />;
  if (schema.isPending) return <Skeleton className="h-96" />;
  const status = schema.error instanceof ApiError ? schema.error.status : 0;
  if (status === 404) return <NotFoundPage />;
  if (schema.isError) return <ErrorNotice error={schema.error} {...(status === 403 ? {} : { onRetry: () => void schema.refetch() })} />;
  return <SchemaForm key={`${schemaId} ${asOf ?? ""}`} saved={schema.data} />;
}
