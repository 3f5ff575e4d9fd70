import { useQuery } from "@tanstack/react-query";
import { useParams, useSearchParams } from "react-router";
import { ApiError } from "@/api/error";
import { funnelQuery } from "@/api/queries";
import { useSight } from "@/app/as_of";
import { useMay } from "@/app/may";
import { NotFoundPage } from "@/app/NotFoundPage";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { ButtonLink } from "@/ui/Button";
import { EmptyState, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { BuilderForm } from "./BuilderForm";
import { EMPTY, readDraft } from "./draft";
import { readJson } from "@/questions/base_view";

/** Makes a funnel, or changes one. What is not saved yet stands in the address: a link is the draft. */
export function Page() {
  const { funnelId } = useParams();
  const [search] = useSearchParams();
  const project = useProject();
  const mayEdit = useMay("analyst");
  const funnel = useQuery({ ...funnelQuery(funnelId ?? "", useSight().asOf), enabled: funnelId !== undefined });
  const title = funnelId ? `Edit ${funnel.data?.name ?? "funnel"}` : "New funnel";
  useTitle(title);
  if (funnelId && funnel.isPending) return <Skeleton className="h-80" />;
  if (funnel.error instanceof ApiError && funnel.error.status === 404) return <NotFoundPage />;
  if (funnel.isError) return <ErrorNotice error={funnel.error} onRetry={() => void funnel.refetch()} />;
  if (funnel.data && funnel.data.project_id !== project.id) return <NotFoundPage />;
  if (!mayEdit) {
    return (
      <EmptyState
        title={funnelId ? "This funnel cannot be changed here" : "No funnel can be made here"}
        action={<ButtonLink to={`/projects/${project.id}/funnels${funnelId ? `/${funnelId}` : ""}`}>{funnelId ? "Open it" : "All funnels"}</ButtonLink>}
      >
        It needs the role of an analyst, and the present: nothing is changed while you look back.
      </EmptyState>
    );
  }
  const start = readDraft(readJson(search.get("definition"))) ?? funnel.data ?? EMPTY;
  return (
    <>
      <PageHead title={title} about="The figures beside it follow what you change; nothing is kept until you save." />
      <BuilderForm start={start} saved={funnel.data ?? null} />
    </>
  );
}
