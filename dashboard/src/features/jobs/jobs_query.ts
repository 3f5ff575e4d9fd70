import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "@/api/client";
import type { SystemJobs } from "@/api/types";

/** How the scheduler and its jobs are; for admins and owners. */
export const jobsQuery = queryOptions<SystemJobs>({
  queryKey: ["jobs"],
  queryFn: ({ signal }) => answered<SystemJobs>(api.GET("/api/v1/system/jobs", { signal })),
  staleTime: 0,
});
