import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { funnelsQuery } from "@/api/queries";
import { useSight } from "@/app/as_of";
import { useMay } from "@/app/may";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { ButtonLink } from "@/ui/Button";
import { PlusIcon } from "@/ui/icons";
import { EmptyState, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { rulesInWords } from "./definition";
import { DeletedNotice } from "./DeletedNotice";

export function Page() {
  useTitle("Funnels");
  const project = useProject();
  const mayEdit = useMay("analyst");
  const funnels = useQuery(funnelsQuery(project.id, useSight().asOf));
  return (
    <>
      <PageHead title="Funnels" about="How many people go from one step to the next, and where the others stop.">
        {mayEdit && (
          <ButtonLink to="new" look="primary">
            <PlusIcon />
            New funnel
          </ButtonLink>
        )}
      </PageHead>
      <DeletedNotice projectId={project.id} />
      {funnels.isPending && <Skeleton className="h-48" />}
      {funnels.isError && <ErrorNotice error={funnels.error} onRetry={() => void funnels.refetch()} />}
      {funnels.data?.length === 0 && (
        <EmptyState
          title="No funnel yet"
          action={
            mayEdit && (
              <>
                <ButtonLink to="new" look="primary">
                  Build one
                </ButtonLink>
                <ButtonLink to={`/projects/${project.id}/setup`}>Start from a template</ButtonLink>
              </>
            )
          }
        >
          A funnel is a row of events, such as seeing a product, putting it into the cart and paying. It tells how many people
          get from each one to the next.
        </EmptyState>
      )}
      {funnels.data && funnels.data.length > 0 && (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
          {funnels.data.map((funnel) => (
            <li key={funnel.id} className="relative flex flex-col gap-1 px-4 py-3.5 hover:bg-sunken">
              <Link to={funnel.id} className="font-semibold after:absolute after:inset-0">
                {funnel.name}
              </Link>
              {funnel.description && <p className="text-sm text-quiet">{funnel.description}</p>}
              <p className="text-sm text-quiet">
                {funnel.stages.map((stage) => stage.name ?? stage.event_type ?? "Any event").join(" → ")}
                <span className="block sm:inline sm:before:content-['_·_']">{rulesInWords(funnel)}</span>
              </p>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
