import { useQuery } from "@tanstack/react-query";
import { funnelQuery } from "@/api/queries";
import type { Project } from "@/api/types";
import { useSight } from "@/app/as_of";
import { definitionOf } from "@/features/funnels/definition";
import { explainQuery } from "@/features/funnels/funnel_queries";
import { useView } from "@/features/funnels/use_view";
import { questionOf } from "@/features/funnels/view";

/** Why a person counts as they do in a funnel, as the address says it is looked at; nothing where it names none. */
export function useExplained(project: Project, funnelId: string | null, personId: string) {
  const [view] = useView();
  const sight = useSight();
  const funnel = useQuery({ ...funnelQuery(funnelId ?? "", sight.asOf), enabled: funnelId !== null });
  const definition = funnel.data ? definitionOf(funnel.data) : { stages: [] };
  const body = { ...definition, ...questionOf(view, project, sight) };
  const explained = useQuery({ ...explainQuery(body, personId), enabled: funnel.data !== undefined });
  return { funnel, explained };
}
