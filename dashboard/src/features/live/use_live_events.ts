import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useReducer, useRef, useState } from "react";
import { answered, api } from "@/api/client";
import { ApiError } from "@/api/error";
import { meQuery } from "@/api/queries";
import type { StoredEvent } from "@/api/types";
import { keepFollowing } from "./keep_following";
import { NOTHING, received, type Change, type Received } from "./received";
import { useIsSeen } from "./use_is_seen";

const LISTED = 100; // the most that a page of the list may have

export type Connection = { kind: "connecting" } | { kind: "live" } | { kind: "lost"; error: ApiError } | { kind: "refused"; error: ApiError };

export interface LiveEvents {
  received: Received;
  connection: Connection;
  /** The list has been read at least once. */
  isFilled: boolean;
  /** How far the server's clock is ahead of this one, in milliseconds. */
  ahead: number;
  change: (change: Change) => void;
}

/** A project's events as they arrive. Wherever the stream begins anew the newest are listed, too, so that none is missed. */
export function useLiveEvents(projectId: string): LiveEvents {
  const client = useQueryClient();
  const isSeen = useIsSeen();
  const [state, change] = useReducer(received, NOTHING);
  const [connection, setConnection] = useState<Connection>({ kind: "connecting" });
  const [isFilled, setIsFilled] = useState(false);
  const [ahead, setAhead] = useState(0);
  const place = useRef<string | null>(null);
  useEffect(() => {
    if (!isSeen) return undefined;
    const ended = new AbortController();
    const { signal } = ended;
    const list = async () => {
      try {
        const events = await newestEvents(projectId, signal);
        change({ kind: "listed", events, isWhole: events.length < LISTED });
        setIsFilled(true);
      } catch {
        // what is wrong is said by the stream, which tries again
      }
    };
    keepFollowing({
      projectId,
      signal,
      place,
      onOpen: (found) => {
        setAhead(found);
        setConnection({ kind: "live" });
        void list();
      },
      onMessages: (messages) => change({ kind: "came", events: messages.map(({ data }) => JSON.parse(data) as StoredEvent) }),
      onLost: (error) => {
        setConnection({ kind: "lost", error });
        void list(); // where the server has no place for another stream, it still lists
      },
    }).catch((thrown: unknown) => {
      const error = thrown instanceof ApiError ? thrown : new ApiError(0, String(thrown));
      setConnection({ kind: "refused", error });
      if (error.status === 401) void client.resetQueries({ queryKey: meQuery.queryKey }); // the session is over
    });
    return () => ended.abort();
  }, [client, projectId, isSeen]);
  return { received: state, connection, isFilled, ahead, change };
}

const newestEvents = (projectId: string, signal: AbortSignal) =>
  answered<StoredEvent[]>(
    api.GET("/api/v1/projects/{project_id}/events", {
      params: { path: { project_id: projectId }, query: { page_size: LISTED } },
      signal,
    }),
  );
