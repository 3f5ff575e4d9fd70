import { useQuery } from "@tanstack/react-query";
import { funnelsQuery } from "@/api/queries";
import type { Report } from "@/api/types";
import { useSight } from "@/app/as_of";
import { useMay } from "@/app/may";
import { useProject } from "@/app/project";
import { ButtonLink } from "@/ui/Button";
import { KINDS } from "./kinds";
import { questionWith, type Override } from "./override";

/** Leads to the page where the question can be changed and followed to the people behind it; not there where that page cannot say it. */
export function OpenQuestion({ report, override }: { report: Report; override: Override }) {
  const project = useProject();
  const question = questionWith(report, override);
  const { page } = KINDS[report.kind];
  const mayMake = useMay("analyst");
  const address = useQuery({
    queryKey: ["report-address", report.kind, question],
    queryFn: async () => (await page?.addressOf())?.(question) ?? null,
    staleTime: Infinity,
  });
  const funnel = useFunnelAddress(report, question);
  if (funnel) return <ButtonLink to={`/projects/${project.id}/${funnel}`}>Open in Funnels</ButtonLink>;
  if (!page || !address.data || (page.isMaking && !mayMake)) return null;
  return <ButtonLink to={`/projects/${project.id}/${page.path}?${address.data}`}>{page.open}</ButtonLink>;
}

/** The saved funnel that a funnel question is about, looked at as the question says; null where there is none such. */
function useFunnelAddress({ kind }: Report, question: Record<string, unknown>): string | null {
  const project = useProject();
  const funnels = useQuery({ ...funnelsQuery(project.id, useSight().asOf), enabled: kind === "funnel" });
  const found = useQuery({
    queryKey: ["report-funnel", funnels.data?.map(({ id, version }) => [id, version]), question],
    queryFn: async () => (await import("./funnel_page")).funnelPageOf(question, funnels.data ?? []),
    enabled: kind === "funnel" && funnels.data !== undefined,
    staleTime: Infinity,
  });
  return found.data ?? null;
}
