import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api } from "@/api/client";
import { every } from "@/api/every";
import type { Invitation, Member } from "@/api/types";

export const PAGE_SIZE = 50;
const MEMBERS = "members";
/** For invalidating all pages and moments at once. */
export const MEMBERS_KEY = [MEMBERS];
export const INVITATIONS_KEY = ["invitations"];

/** That names were read is noted in the access log: a window that gets the focus is no reason to read them again. */
const READ_SELDOM = { refetchOnWindowFocus: false, staleTime: 60_000, placeholderData: keepPreviousData } as const;
const past = (asOf: string | null) => (asOf ? { as_of: asOf } : {});

export const membersQuery = (asOf: string | null = null, page = 1, withFormer = false) =>
  queryOptions<Member[]>({
    queryKey: [MEMBERS, asOf, page, withFormer],
    queryFn: ({ signal }) =>
      answered<Member[]>(
        api.GET("/api/v1/organization/members", {
          params: { query: { page, page_size: PAGE_SIZE, with_former: withFormer, ...past(asOf) } },
          signal,
        }),
      ),
    ...READ_SELDOM,
  });

/** All who are members. */
export const allMembersQuery = (asOf: string | null = null) =>
  queryOptions<Member[]>({
    queryKey: [MEMBERS, asOf, "all"],
    queryFn: ({ signal }) =>
      every((paging) => answered<Member[]>(api.GET("/api/v1/organization/members", { params: { query: { ...paging, ...past(asOf) } }, signal }))),
    ...READ_SELDOM,
  });

export const invitationsQuery = (asOf: string | null, page: number) =>
  queryOptions<Invitation[]>({
    queryKey: [...INVITATIONS_KEY, asOf, page],
    queryFn: ({ signal }) =>
      answered<Invitation[]>(api.GET("/api/v1/organization/invitations", { params: { query: { page, page_size: PAGE_SIZE, ...past(asOf) } }, signal })),
    ...READ_SELDOM,
  });
