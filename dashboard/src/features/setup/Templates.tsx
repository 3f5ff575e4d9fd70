import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { answered, api } from "@/api/client";
import { catalogueQuery, funnelsQuery, templatesQuery } from "@/api/queries";
import type { Funnel, Template } from "@/api/types";
import { useMay } from "@/app/may";
import { Button, ButtonLink } from "@/ui/Button";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";

/** Funnels to start from. Which of their events were seen is said, so that nobody waits for what is not sent. */
export function Templates({ projectId }: { projectId: string }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayMake = useMay("analyst");
  const templates = useQuery(templatesQuery);
  const catalogue = useQuery(catalogueQuery(projectId));
  const seen = new Set(catalogue.data?.event_types.map((one) => one.event_type));
  const save = useMutation({
    mutationFn: ({ name, description, conversion_window, stages }: Template) =>
      answered<Funnel>(
        api.POST("/api/v1/funnels", {
          body: { project_id: projectId, name, description, conversion_window, stages },
        }),
      ),
    onSuccess: async ({ id }) => {
      await client.invalidateQueries({ queryKey: funnelsQuery(projectId).queryKey });
      await navigate(`/projects/${projectId}/funnels/${id}`);
    },
  });
  if (templates.isPending) return <Skeleton className="h-40" />;
  if (templates.isError) return <ErrorNotice error={templates.error} onRetry={() => void templates.refetch()} />;
  return (
    <>
      <ul className="grid gap-3 sm:grid-cols-2">
        {templates.data.map((template) => (
          <li key={template.id} className="flex flex-col rounded-md border border-line p-3">
            <h3>{template.name}</h3>
            <p className="text-sm text-quiet">{template.description}</p>
            <ul aria-label={`Stages of ${template.name}`} className="my-2 flex flex-1 flex-wrap content-start gap-1.5 text-xs">
              {template.stages.map(({ event_type: eventType }, place) => (
                <li key={place} className={seen.has(eventType ?? "") ? "rounded bg-good-soft px-1.5 py-0.5 text-good" : "rounded bg-sunken px-1.5 py-0.5 text-quiet"}>
                  {eventType}
                  {seen.has(eventType ?? "") && <span className="sr-only"> (seen)</span>}
                </li>
              ))}
            </ul>
            {mayMake && (
              <Button isBusy={save.isPending && save.variables.id === template.id} onClick={() => save.mutate(template)} aria-label={`Use this funnel: ${template.name}`}>
                Use this funnel
              </Button>
            )}
          </li>
        ))}
      </ul>
      {save.error && (
        <div className="mt-3">
          <ErrorNotice error={save.error} />
        </div>
      )}
      <p className="mt-4">
        {mayMake ? (
          <ButtonLink to={`/projects/${projectId}/funnels/new`}>Build your own instead</ButtonLink>
        ) : (
          <ButtonLink to={`/projects/${projectId}/funnels`}>See the funnels that there are</ButtonLink>
        )}
      </p>
    </>
  );
}
