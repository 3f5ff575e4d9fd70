import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api } from "@/api/client";
import type {
  FunnelAnswer,
  FunnelBody,
  LifecycleAnswer,
  LifecycleBody,
  PathsAnswer,
  PathsBody,
  RetentionAnswer,
  RetentionBody,
  SessionsAnswer,
  SessionsBody,
  StickinessAnswer,
  StickinessBody,
  TrendsAnswer,
  TrendsBody,
} from "@/api/types";

/** Every kind of question: what is asked, and what is answered. */
export interface Questions {
  funnel: [FunnelBody, FunnelAnswer];
  retention: [RetentionBody, RetentionAnswer];
  lifecycle: [LifecycleBody, LifecycleAnswer];
  stickiness: [StickinessBody, StickinessAnswer];
  trends: [TrendsBody, TrendsAnswer];
  sessions: [SessionsBody, SessionsAnswer];
  paths: [PathsBody, PathsAnswer];
}
export type Kind = keyof Questions;
export type Body<K extends Kind> = Questions[K][0];
export type Answer<K extends Kind> = Questions[K][1];

/** The figures of a question; while new ones are counted the old ones stay in sight. */
export const answerQuery = <K extends Kind>(kind: K, body: Body<K>) =>
  queryOptions<Answer<K>>({
    queryKey: ["answer", kind, body],
    queryFn: async ({ signal }) => {
      const found: unknown = await answered(api.POST(`/api/v1/analytics/${kind as "funnel"}`, { body: body as FunnelBody, signal }));
      return found as Answer<K>; // the kind's own, which the document says of each address
    },
    placeholderData: keepPreviousData,
  });
