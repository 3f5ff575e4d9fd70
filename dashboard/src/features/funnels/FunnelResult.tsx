import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { ApiError } from "@/api/error";
import { funnelQuery } from "@/api/queries";
import type { Funnel } from "@/api/types";
import { useSight } from "@/app/as_of";
import { useMay } from "@/app/may";
import { NotFoundPage } from "@/app/NotFoundPage";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { ButtonLink } from "@/ui/Button";
import { ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { definitionOf, rulesInWords } from "./definition";
import { DeleteFunnel } from "./DeleteFunnel";
import { FunnelReport } from "./FunnelReport";

export function Page() {
  const { funnelId = "" } = useParams();
  const project = useProject();
  const funnel = useQuery(funnelQuery(funnelId, useSight().asOf));
  const mayEdit = useMay("analyst");
  useTitle(funnel.data?.name);
  if (funnel.isPending) return <Skeleton className="h-80" />;
  if (funnel.error instanceof ApiError && funnel.error.status === 404) return <NotFoundPage />;
  if (funnel.isError) return <ErrorNotice error={funnel.error} onRetry={() => void funnel.refetch()} />;
  if (funnel.data.project_id !== project.id) return <NotFoundPage />;
  return (
    <>
      <PageHead title={funnel.data.name} about={<About funnel={funnel.data} />}>
        <ButtonLink to={`/projects/${project.id}/history/funnels/${funnelId}`}>History</ButtonLink>
        {mayEdit && <ButtonLink to="edit">Edit</ButtonLink>}
        {mayEdit && <DeleteFunnel funnel={funnel.data} />}
      </PageHead>
      <FunnelReport project={project} definition={definitionOf(funnel.data)} funnelId={funnelId} name={funnel.data.name} />
    </>
  );
}

function About({ funnel }: { funnel: Funnel }) {
  return (
    <>
      {funnel.description && <span className="block">{funnel.description}</span>}
      <span className="block text-sm">The stages {rulesInWords(funnel)}</span>
    </>
  );
}
