import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "@/api/client";
import type { Difference, Receipt } from "@/api/types";

/** An answer once more as it was, and whether all events that it saw are still there. */
export interface Replayed {
  exact: boolean;
  gone: number;
}

export const replayQuery = (receipt: Receipt) =>
  queryOptions<Replayed>({
    queryKey: ["replay", receipt],
    queryFn: async ({ signal }) => {
      const found: unknown = await answered(api.POST("/api/v1/analytics/replay", { body: { receipt: sent(receipt) }, signal }));
      return found as Replayed; // and the answer of its question
    },
  });

export const whyQuery = (earlier: Receipt, later: Receipt) =>
  queryOptions<Difference>({
    queryKey: ["why", earlier, later],
    queryFn: ({ signal }) =>
      answered<Difference>(api.POST("/api/v1/analytics/why", { body: { from: sent(earlier), to: sent(later) }, signal })),
  });

/** Unchanged, down to fields that this page does not know: it is signed. */
const sent = (receipt: Receipt): Record<string, never> => receipt as unknown as Record<string, never>;
