import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api, done } from "@/api/client";
import type { IdentityLink, SeenPerson, WholePerson } from "@/api/types";
import type { LinkChange } from "./link_words";
import { totalOf } from "./total";

export const PEOPLE_PER_PAGE = 50;
export const EVENTS_PER_PAGE = 50;
export const LINKS_PER_PAGE = 50;

export interface FoundPeople {
  people: SeenPerson[];
  /** How many there are on all pages. */
  total: number;
}

/** Everybody who did anything, or of whom an id begins so; the last seen first. */
export const peopleQuery = (projectId: string, search: string, page: number) =>
  queryOptions<FoundPeople>({
    queryKey: ["people", projectId, search, page],
    queryFn: async ({ signal }) => {
      const query = { page, page_size: PEOPLE_PER_PAGE, ...(search ? { search } : {}) };
      const call = api.GET("/api/v1/projects/{project_id}/persons", { params: { path: { project_id: projectId }, query }, signal });
      const people = await answered<SeenPerson[]>(call);
      const { response } = await call;
      return { people, total: totalOf(response.headers.get("X-Pagination"), people.length) };
    },
    placeholderData: keepPreviousData,
  });

/** One person by any of their ids, with a page of what they did. */
export const personQuery = (projectId: string, personId: string, page: number) =>
  queryOptions<WholePerson>({
    queryKey: ["person", projectId, personId, page],
    queryFn: ({ signal }) =>
      answered<WholePerson>(
        api.GET("/api/v1/projects/{project_id}/persons/{person_id}", {
          params: { path: { project_id: projectId, person_id: personId }, query: { page, page_size: EVENTS_PER_PAGE } },
          signal,
        }),
      ),
    placeholderData: (shown, query) => (query?.queryKey[2] === personId ? shown : undefined), // never another person's
  });

/** What was said of who this person is, undone links included. */
export const identityLinksQuery = (projectId: string, personId: string, page = 1) =>
  queryOptions<IdentityLink[]>({
    queryKey: ["identity-links", projectId, personId, page],
    queryFn: ({ signal }) =>
      answered<IdentityLink[]>(
        api.GET("/api/v1/projects/{project_id}/identity-links", {
          params: { path: { project_id: projectId }, query: { person_id: personId, page, page_size: LINKS_PER_PAGE } },
          signal,
        }),
      ),
  });

/** Who undid a link; also those who have left. */
export const memberQuery = (userId: string) =>
  queryOptions<{ full_name: string | null }>({
    queryKey: ["member", userId],
    queryFn: ({ signal }) => answered(api.GET("/api/v1/organization/members/{user_id}", { params: { path: { user_id: userId } }, signal })),
    staleTime: 300_000,
  });

/** Undo or restore a link, which is told by its ends. */
export function changeLink(projectId: string, { user_id, anonymous_id, previous_id }: IdentityLink, change: LinkChange): Promise<void> {
  const asked = { params: { path: { project_id: projectId } }, body: { user_id, anonymous_id, previous_id } };
  return done(
    change === "undo"
      ? api.POST("/api/v1/projects/{project_id}/identity-links/undo", asked)
      : api.POST("/api/v1/projects/{project_id}/identity-links/restore", asked),
  );
}
