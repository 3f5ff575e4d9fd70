import { clsx } from "clsx";
import type { Connection } from "./use_live_events";

const LOOKS = { connecting: "bg-line-strong", live: "bg-good", lost: "bg-danger", refused: "bg-danger" } as const;

/** Whether what is seen is what happens; changes are said to screen readers, single events are not. */
export function ConnectionState({ connection }: { connection: Connection }) {
  return (
    <p role="status" className="flex items-center gap-2.5">
      <span aria-hidden className="relative grid size-2.5 shrink-0">
        {connection.kind === "live" && <span className="absolute inset-0 animate-ping rounded-full bg-good opacity-60 motion-reduce:hidden" />}
        <span className={clsx("rounded-full", LOOKS[connection.kind])} />
      </span>
      <span>{wordsOf(connection)}</span>
    </p>
  );
}

function wordsOf(connection: Connection) {
  if (connection.kind === "connecting") return "Connecting …";
  if (connection.kind === "live") return <strong className="font-semibold text-good">Live</strong>;
  return (
    <>
      <strong className="font-semibold text-danger">Not live.</strong> {connection.error.message}
      {connection.kind === "lost" && " Trying again …"}
    </>
  );
}
