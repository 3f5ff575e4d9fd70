import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "@/api/client";
import type { Cohort, FunnelBody, TrendsBody } from "@/api/types";
import { COHORT, toFilter, type Condition } from "@/questions/conditions";

const EVER = "1970-01-01";

export const cohortQuery = (cohortId: string, asOf: string | null = null) =>
  queryOptions<Cohort>({
    queryKey: ["cohort", cohortId, asOf],
    queryFn: ({ signal }) =>
      answered<Cohort>(
        api.GET("/api/v1/cohorts/{cohort_id}", { params: { path: { cohort_id: cohortId }, query: asOf ? { as_of: asOf } : {} }, signal }),
      ),
  });

/** The line of a filter that keeps the events of who is in a cohort. */
export const isInCohort = (cohortId: string): Condition => ({ property: COHORT, operator: "in", value: cohortId });

/** How many people are in a cohort now, and how many there are: of all history, in which everybody of it did something. */
export function sizeBody({ id, project_id }: Cohort): TrendsBody {
  const people = { event_type: null, measure: "users" };
  const filter = toFilter([isInCohort(id)]);
  return { project_id, start_date: EVER, interval: "month", series: [{ ...people, filter }, people] };
}

/** Who they are: a funnel of one stage, whose people can be listed. */
export function membersBody({ id, project_id }: Cohort): FunnelBody {
  return { project_id, start_date: EVER, stages: [{ event_type: null }], filter: toFilter([isInCohort(id)]) };
}
