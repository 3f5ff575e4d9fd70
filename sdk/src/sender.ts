/**
 * Takes what waits to the server, in order, until the server has answered for it. Whoever was asked to wait waits in
 * every tab and after a reload, too.
 */

import { alone } from "./alone";
import { ASKED_MAX_MS, askedPause, backoffPause } from "./backoff";
import { safely, warn } from "./console";
import { type Entry, firstBatch, type Queue } from "./queue";
import type { Settings } from "./settings";
import type { Store } from "./store";

const ANSWER_MS = 30_000;
const STUCK_MS = 60_000; // longer than any answer takes
const BEACON_CHARACTERS = 15_000; // browsers refuse beacons over 64 KB, and a character takes up to four bytes

export interface Sender {
  /** Put on the queue, and send it when a batch is full or its time has come. */
  add(to: string, body: Entry["body"]): void;
  /** Send what is left of earlier pages. */
  resume(): void;
  /** The page may be gone in a moment. */
  leave(): void;
  /** The network is there again, or gone. */
  reach(isOnline: boolean): void;
  /** Drop all that waits. */
  clear(): void;
}

/** Until when nothing is tried, after how many failures, and whether the server has said so or could not be reached. */
interface Pause {
  until: number;
  failures: number;
  isAnswer: boolean;
}

/** What the server says of what it took. */
interface Told {
  rejected?: number;
  errors?: unknown;
  refused?: unknown[];
}

export const createSender = (store: Store, queue: Queue, settings: Settings): Sender => {
  const { apiKey, batchInterval, batchSize, debug, endpoint, projectId } = settings;
  const droppedName = "dropped." + projectId;
  const pauseName = "pause." + projectId;
  const beaconed = new Set<string>(); // a page that is left is hidden, too
  let timer: ReturnType<typeof setTimeout> | undefined;
  let dueAt = Infinity;
  let horizon = ""; // the last entry that was there when a send began: all up to it go one after the other
  let isSending = false;
  let isOffline = false;
  let busySince = 0;
  let request: AbortController | undefined;

  // How many events were dropped since the last batch that was answered for: without it nobody knew what is missing.
  const readDropped = (): number => Math.min(Math.max(Math.floor(Number(store.get(droppedName))) || 0, 0), 1e9);
  const addDropped = (count: number): void => {
    if (count) store.set(droppedName, Math.max(readDropped() + count, 0));
  };

  const readPause = (): Pause => {
    const { until, failures, isAnswer } = (store.get(pauseName) || {}) as Partial<Pause>;
    return {
      until: Math.min(Number(until) || 0, Date.now() + 2 * ASKED_MAX_MS), // though the clock was set back
      failures: Number(failures) || 0,
      isAnswer: !!isAnswer,
    };
  };
  const pause = (answer?: Response): void => {
    const { failures } = readPause();
    const now = Date.now();
    const asked = askedPause(answer?.headers.get("Retry-After"), now);
    const until = now + asked + backoffPause(failures, Math.random());
    store.set(pauseName, { until, failures: failures + 1, isAnswer: !!answer });
  };

  const sendIn = (delay: number): void => {
    const at = Math.max(Date.now() + delay, readPause().until);
    if (isSending || isOffline || dueAt <= at) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(() => {
      dueAt = Infinity;
      safely(send);
    }, at - Date.now());
  };
  const plan = (): void => {
    const waiting = queue.names();
    if (!waiting.length) return;
    const isDue = waiting.length >= batchSize || waiting[0]! <= horizon || readPause().failures;
    sendIn(isDue ? 0 : batchInterval);
  };

  const bodyOf = (batch: Entry[], dropped: number): string => {
    const first = batch[0]!;
    if (first.to === "track/batch") {
      const events = batch.map((entry) => entry.body);
      return JSON.stringify({ events, sent_at: new Date().toISOString(), dropped: dropped || undefined });
    }
    // The server sets no clock right here: a call that goes at once has the time of its receipt.
    const isOld = Date.now() - Date.parse(String(first.body.timestamp)) > 60_000;
    return JSON.stringify({ ...first.body, timestamp: isOld ? first.body.timestamp : undefined });
  };

  const settle = (batch: Entry[], answer: Response, told: Told, dropped: number): void => {
    if (answer.status === 408 || answer.status === 429 || answer.status >= 500) {
      return pause(answer);
    }
    store.remove(pauseName);
    queue.remove(batch.map((entry) => entry.name));
    if (!answer.ok) warn(`${batch.length} of ${batch[0]!.to} were refused with status ${answer.status}`);
    // What was refused event by event is counted there; a batch that was not even looked at is lost here.
    if (batch[0]!.to === "track/batch") addDropped(answer.ok || answer.status === 422 ? -dropped : batch.length);
    if (told.rejected || told.refused?.length) warn("refused: " + JSON.stringify(told.errors || told.refused));
    if (debug) console.log("iafa: sent", batch);
  };

  const sendBatch = async (): Promise<void> => {
    const waiting = queue.names();
    const batch = firstBatch(queue.read(waiting.slice(0, batchSize)), batchSize);
    if (!batch.length || readPause().until > Date.now()) return;
    if (waiting[0]! > horizon) horizon = waiting[waiting.length - 1]!;
    const dropped = readDropped();
    const going = (request = new AbortController());
    const patience = setTimeout(() => going.abort(), ANSWER_MS);
    try {
      const answer = await fetch(`${endpoint}/api/v1/${batch[0]!.to}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-API-Key": apiKey },
        body: bodyOf(batch, dropped),
        credentials: "omit",
        signal: going.signal,
      });
      // What is not JSON is not the server's answer: networks that ask for a sign-in answer everything with a page.
      settle(batch, answer, answer.ok ? await answer.json() : {}, dropped);
    } catch (error) {
      if (debug) console.log("iafa: no answer", error);
      if (request === going) pause(); // else it was called off
    } finally {
      clearTimeout(patience);
    }
  };

  const send = async (): Promise<void> => {
    if (isSending) return;
    isSending = true;
    const isStuck = busySince > 0 && Date.now() - busySince > STUCK_MS;
    const run = (): Promise<void> => sendBatch().catch((error) => warn(error?.message));
    const hasRun = await alone("iafa.send." + projectId, isStuck, run);
    busySince = hasRun ? 0 : busySince || Date.now();
    isSending = false;
    if (hasRun) plan();
    else sendIn(batchInterval); // another tab is at it
  };

  return {
    add(to, body) {
      addDropped(queue.push(to, body));
      plan();
    },
    resume: () => queue.names().length && sendIn(batchInterval),
    // A beacon gets no answer, so what it took stays in the queue: the next page sends it again, and ids make that
    // harmless. While the server cannot take anything, it only waits.
    leave() {
      if (!navigator.sendBeacon || readPause().until > Date.now()) return;
      let entries = queue.read(queue.names().filter((name) => !beaconed.has(name)));
      while (entries.length) {
        const batch = firstBatch(entries, batchSize, BEACON_CHARACTERS);
        const target = `${endpoint}/api/v1/${batch[0]!.to}?api_key=${encodeURIComponent(apiKey)}`;
        const isTaken = navigator.sendBeacon(target, new Blob([bodyOf(batch, 0)], { type: "text/plain" }));
        if (isTaken) batch.forEach((entry) => beaconed.add(entry.name));
        entries = entries.slice(batch.length);
      }
    },
    reach(isOnline) {
      isOffline = !isOnline;
      if (!isOnline) return;
      if (!readPause().isAnswer) store.remove(pauseName);
      if (queue.names().length) sendIn(Math.random() * 1000); // all that were cut off come back at this moment
    },
    clear() {
      const going = request;
      request = undefined;
      going?.abort();
      queue.remove(queue.names());
      [droppedName, pauseName].forEach(store.remove);
    },
  };
};
