import { useQuery } from "@tanstack/react-query";
import { useParams, useSearchParams } from "react-router";
import { funnelQuery } from "@/api/queries";
import { useTitle } from "@/app/title";
import { ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { BuilderForm } from "./BuilderForm";
import { EMPTY, readDraft } from "./draft";
import { readJson } from "@/questions/base_view";

/** Makes a funnel, or changes one. What is not saved yet stands in the address: a link is the draft. */
export function Page() {
  const { funnelId } = useParams();
  const [search] = useSearchParams();
  const funnel = useQuery({ ...funnelQuery(funnelId ?? ""), enabled: funnelId !== undefined });
  const title = funnelId ? `Edit ${funnel.data?.name ?? "funnel"}` : "New funnel";
  useTitle(title);
  if (funnelId && funnel.isPending) return <Skeleton className="h-80" />;
  if (funnel.isError) return <ErrorNotice error={funnel.error} onRetry={() => void funnel.refetch()} />;
  const start = readDraft(readJson(search.get("definition"))) ?? funnel.data ?? EMPTY;
  return (
    <>
      <PageHead title={title} about="The figures beside it follow what you change; nothing is kept until you save." />
      <BuilderForm start={start} saved={funnel.data ?? null} />
    </>
  );
}
