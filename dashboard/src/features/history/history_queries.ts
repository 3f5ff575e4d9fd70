import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api } from "@/api/client";
import { every } from "@/api/every";
import { ifMatch, unlessStale } from "@/api/stale";
import type { AccessEntry, HistoryEntry, Member, PlannedRevert, Verification } from "@/api/types";
import { THERE_OR_NOT } from "./deleted";
import { kindOf, type KindName } from "./kinds";

export const ENTRIES_PER_PAGE = 30;
const PAGE_SIZE_MAX = 100;
const CHANGED_ANYWHERE = 0; // whatever is saved on any page adds to the log: it is read anew each time it is opened

export const eventsQuery = (asked: Record<string, string>, page: number) =>
  queryOptions<HistoryEntry[]>({
    queryKey: ["audit", "events", asked, page],
    queryFn: ({ signal }) =>
      answered<HistoryEntry[]>(api.GET("/api/v1/audit/events", { params: { query: { ...asked, page, page_size: ENTRIES_PER_PAGE } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: CHANGED_ANYWHERE,
  });

/** All that was deleted or brought back, newest first, as far as somebody has gone on. */
export const deletionsQuery = infiniteQueryOptions({
  queryKey: ["audit", "deletions"],
  initialPageParam: 1,
  queryFn: ({ pageParam: page, signal }) =>
    answered<HistoryEntry[]>(api.GET("/api/v1/audit/events", { params: { query: { type: THERE_OR_NOT, page, page_size: PAGE_SIZE_MAX } }, signal })),
  getNextPageParam: (last: HistoryEntry[], _, page: number) => (last.length === PAGE_SIZE_MAX ? page + 1 : undefined),
  staleTime: CHANGED_ANYWHERE,
});

export const accessQuery = (page: number) =>
  queryOptions<AccessEntry[]>({
    queryKey: ["audit", "access", page],
    queryFn: ({ signal }) =>
      answered<AccessEntry[]>(api.GET("/api/v1/audit/access", { params: { query: { page, page_size: ENTRIES_PER_PAGE } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: CHANGED_ANYWHERE,
  });

export const verificationQuery = queryOptions<Verification>({
  queryKey: ["audit", "verification"],
  queryFn: ({ signal }) => answered<Verification>(api.GET("/api/v1/audit/verify", { signal })),
});

/** Members of now and of before by their ids: the log names people by these. */
export const memberNamesQuery = queryOptions<Map<string, string>>({
  queryKey: ["member-names"],
  queryFn: async ({ signal }) => {
    const members = await every((paging) =>
      answered<Member[]>(api.GET("/api/v1/organization/members", { params: { query: { ...paging, with_former: true } }, signal })),
    );
    return new Map(members.map(({ id, full_name: name, email, status }) => [id, name ?? email ?? `Somebody who was ${status}`]));
  },
  staleTime: 300_000, // each reading of the members is noted in the access log
});

/** One thing, by its kind and id; schemas are found in their project only. */
export interface Subject {
  kind: KindName;
  id: string;
  projectId: string;
}

/** The addresses of all kinds are like those of funnels; the client takes what stands in braces literally. */
function addressOf<Rest extends "history" | "revert" | "undelete">({ kind, projectId }: Subject, rest: Rest) {
  const place = kind === "user" ? "organization/members" : `${kind === "schema" ? `projects/${projectId}/` : ""}${kindOf(kind).address}`;
  return `/api/v1/${place}/{funnel_id}/${rest}` as `/api/v1/funnels/{funnel_id}/${Rest}`;
}

export const subjectQuery = (subject: Subject, page: number, pageSize = ENTRIES_PER_PAGE) =>
  queryOptions<HistoryEntry[]>({
    queryKey: ["history", subject, page, pageSize],
    queryFn: ({ signal }) =>
      answered<HistoryEntry[]>(
        api.GET(addressOf(subject, "history"), { params: { path: { funnel_id: subject.id }, query: { page, page_size: pageSize } }, signal }),
      ),
    placeholderData: keepPreviousData,
    staleTime: CHANGED_ANYWHERE,
  });

export const planQuery = (subject: Subject, version: number, newest: number) =>
  queryOptions<PlannedRevert>({
    queryKey: ["revert-plan", subject, version, newest],
    queryFn: async ({ signal }) => {
      const body = { version, dry_run: true };
      const found: unknown = await answered(api.POST(addressOf(subject, "revert"), { params: { path: { funnel_id: subject.id } }, body, signal }));
      return found as PlannedRevert; // of a dry run: the document has the thing itself there, too
    },
  });

/** Goes back to a version, unless the thing has moved on from the one that was looked at. */
export function revertTo(subject: Subject, version: number, newest: number, isBreaking: boolean): Promise<unknown> {
  const body = { version, ...(isBreaking ? { breaking: true } : {}) };
  const call = { params: { path: { funnel_id: subject.id } }, body, headers: ifMatch(newest) };
  return unlessStale(answered(api.POST(addressOf(subject, "revert"), call)), "See above what would change now.");
}

export const undelete = (subject: Subject): Promise<unknown> =>
  answered(api.POST(addressOf(subject, "undelete"), { params: { path: { funnel_id: subject.id } } }));
