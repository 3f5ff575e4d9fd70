import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { formatCount } from "@/format/numbers";
import { EventPicker } from "@/questions/EventPicker";
import { useAddress } from "@/questions/use_address";
import { Button, ButtonLink } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { Card, EmptyState, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { ConnectionState } from "./ConnectionState";
import { EventList } from "./EventList";
import { LastMinute } from "./LastMinute";
import { matches, readSought, writeSought } from "./matches";
import { MOST_KEPT } from "./received";
import { useLiveEvents } from "./use_live_events";

const SOUGHT = { read: readSought, write: writeSought, typed: ["eventType", "text"] as const };

/** Live view: events as they arrive. */
export function Page() {
  useTitle("Live view");
  const project = useProject();
  const { asOf } = useSight();
  const [sought, seek] = useAddress(SOUGHT);
  const { received, connection, isFilled, ahead, change } = useLiveEvents(project.id);
  const found = received.shown.filter((event) => matches(event, sought));
  const waiting = received.waiting.filter((event) => matches(event, sought)).length;
  const isEmpty = received.shown.length === 0;
  return (
    <>
      <PageHead title="Live view" about="What people do right now: events as they arrive, the newest first." />
      {asOf && <p className="mb-4 text-sm text-quiet">The live view knows only the present. It shows what arrives now, not what had arrived then.</p>}
      <div className="flex flex-col gap-4">
        <Card className="flex flex-wrap items-end gap-x-6 gap-y-4">
          <div className="flex min-w-full flex-wrap items-center justify-between gap-x-8 gap-y-3 pb-1">
            <ConnectionState connection={connection} />
            <LastMinute received={received} ahead={ahead} />
          </div>
          <EventPicker label="Event" className="w-48 grow" projectId={project.id} value={sought.eventType} onChange={(eventType) => seek({ eventType })} />
          <TextField label="With the text" className="w-48 grow" placeholder="A person, a page, a property …" value={sought.text} onChange={({ target }) => seek({ text: target.value })} />
          <Button className="min-w-40" disabled={isEmpty && !received.isHeld} onClick={() => change({ kind: received.isHeld ? "released" : "held" })}>
            {received.isHeld ? `Continue (${formatCount(waiting)}${waiting >= MOST_KEPT ? "+" : ""} new)` : "Pause"}
          </Button>
        </Card>
        {isEmpty && connection.kind === "refused" && <ErrorNotice error={connection.error} />}
        {isEmpty && connection.kind !== "refused" && !isFilled && <Skeleton className="h-72" label="Loading the newest events" />}
        {isEmpty && isFilled && (
          <Card>
            <EmptyState title="No event has come yet" action={<ButtonLink look="primary" to={`/projects/${project.id}/setup`}>Set up tracking</ButtonLink>}>
              As soon as your site or app sends an event, it stands here, within a second or two. You need not load this page again.
            </EmptyState>
          </Card>
        )}
        {!isEmpty && (
          <Card>
            <EventList events={found} of={received.shown.length} project={project} />
          </Card>
        )}
      </div>
    </>
  );
}
