import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api } from "@/api/client";
import type { Behind, Explained, FunnelAnswer, FunnelBody } from "@/api/types";

/** The figures of a definition; while new ones are counted the old ones stay in sight. */
export const funnelAnswerQuery = (body: FunnelBody) =>
  queryOptions<FunnelAnswer>({
    queryKey: ["funnel-answer", body],
    queryFn: async ({ signal }) => {
      const found = await answered(api.POST("/api/v1/analytics/funnel", { body, signal }));
      return found as FunnelAnswer; // `previous` is any object to the document
    },
    placeholderData: keepPreviousData,
  });

interface BehindQuestion {
  body: FunnelBody;
  stage: number;
  which: "reached" | "dropped";
  value: string | null;
  page: number;
}

export const PEOPLE_PER_PAGE = 20;

export const behindQuery = ({ body, stage, which, value, page }: BehindQuestion) =>
  queryOptions<Behind[]>({
    queryKey: ["funnel-behind", body, stage, which, value, page],
    queryFn: ({ signal }) =>
      answered<Behind[]>(
        api.POST("/api/v1/analytics/funnel/users", {
          params: { query: { page, page_size: PEOPLE_PER_PAGE } },
          body: { ...body, stage, which, ...(value === null ? {} : { breakdown_value: [value] }) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const explainQuery = (body: FunnelBody, userId: string) =>
  queryOptions<Explained>({
    queryKey: ["funnel-explain", body, userId],
    queryFn: ({ signal }) =>
      answered<Explained>(api.POST("/api/v1/analytics/funnel/explain", { body: { ...body, user_id: userId }, signal })),
  });
