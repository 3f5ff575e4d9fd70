import type { Funnel } from "@/api/types";
import { definitionIn, isSameFunnel, viewOf } from "@/features/funnels/address";
import { definitionOf } from "@/features/funnels/definition";
import { writeView } from "@/features/funnels/view";

/** Where a kept funnel question is shown by the saved funnel that it was asked of; null where none is defined so, or its page cannot say it. */
export function funnelPageOf(question: Record<string, unknown>, funnels: readonly Funnel[]): string | null {
  const definition = definitionIn(question);
  const view = viewOf(question);
  const funnel = definition && funnels.find((one) => isSameFunnel(definitionOf(one), definition));
  return funnel && view ? `funnels/${funnel.id}?${writeView(view).toString()}` : null;
}
