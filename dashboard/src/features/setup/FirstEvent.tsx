import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { answered, api } from "@/api/client";
import { catalogueQuery } from "@/api/queries";
import type { Project, StoredEvent } from "@/api/types";
import { formatMoment } from "@/format/times";
import { Facts } from "@/ui/Facts";
import { Spinner } from "@/ui/Button";
import { ErrorNotice } from "@/ui/surfaces";

const LOOK_MILLISECONDS = 2000;
const LOOK_LATER_MILLISECONDS = 10_000; // once something has come
const SHOWN = 5;

/** Looks every two seconds until something has come, and then shows it; what was seen is known anew then. */
export function FirstEvent({ project }: { project: Project }) {
  const events = useQuery({
    queryKey: ["newest-events", project.id],
    queryFn: ({ signal }) =>
      answered<StoredEvent[]>(
        api.GET("/api/v1/projects/{project_id}/events", {
          params: { path: { project_id: project.id }, query: { page_size: SHOWN } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) => (state.data?.length ? LOOK_LATER_MILLISECONDS : LOOK_MILLISECONDS),
    staleTime: 0,
  });
  const [newest] = events.data ?? [];
  const client = useQueryClient();
  const eventType = newest?.event_type;
  useEffect(() => {
    if (eventType) void client.invalidateQueries({ queryKey: catalogueQuery(project.id).queryKey });
  }, [client, eventType, project.id]);
  return (
    <div aria-live="polite">
      {events.isError && <ErrorNotice error={events.error} />}
      {newest ? (
        <Arrived event={newest} timezone={project.timezone} />
      ) : (
        !events.isError && (
          <p className="flex items-center gap-3 rounded-md bg-sunken p-3 text-quiet">
            <Spinner />
            <span>Waiting for the first event. Open a page with the snippet, or run the curl command.</span>
          </p>
        )
      )}
    </div>
  );
}

function Arrived({ event, timezone }: { event: StoredEvent; timezone: string }) {
  const facts: [string, string | null][] = [
    ["Event", event.event_type],
    ["When", formatMoment(event.created_at, timezone)],
    ["Who", event.user_id ?? `anonymous ${event.anonymous_id ?? ""}`],
    ...Object.entries(event.properties),
  ];
  return (
    <div className="rounded-md bg-good-soft p-3">
      <p className="font-medium text-good">Events arrive. The newest one:</p>
      <div className="mt-2 text-sm">
        <Facts facts={facts} />
      </div>
    </div>
  );
}
