import { toApiError } from "@/api/error";
import { sessionFetch } from "@/api/session_fetch";
import { messagesIn, type Message } from "./server_sent";

const SILENCE_MILLISECONDS = 45_000; // the server says something every 15 s; a connection that does not is dead

interface Followed {
  projectId: string;
  /** After which message to go on; null: from now on. */
  after: string | null;
  signal: AbortSignal;
  /** `ahead`: how far the server's clock is ahead of this one, in milliseconds. */
  onOpen: (ahead: number) => void;
  onMessages: (messages: Message[]) => void;
}

/**
 * Hears a project's events until the stream ends, as it does every few minutes; rejects where it cannot be opened or
 * breaks. Not by EventSource: that renews no session, and does not say why it was refused.
 */
export async function follow({ projectId, after, signal, onOpen, onMessages }: Followed): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MILLISECONDS);
  try {
    const request = new Request(`/api/v1/projects/${projectId}/live-events`, {
      headers: { Accept: "text/event-stream", ...(after ? { "Last-Event-ID": after } : {}) },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    const response = await sessionFetch(request);
    if (!response.ok || !response.body) throw toApiError(response, await response.json().catch(() => null));
    onOpen(aheadOf(response.headers.get("Date"), Date.now()));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MILLISECONDS);
      const { messages, rest } = messagesIn(text + part.value);
      text = rest;
      if (messages.length > 0) onMessages(messages);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** A second more or less is the header's rounding. */
export function aheadOf(date: string | null, now: number): number {
  const ahead = Date.parse(date ?? "") - now;
  return Number.isNaN(ahead) || Math.abs(ahead) < 2000 ? 0 : ahead;
}
