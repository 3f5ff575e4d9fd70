import { ApiError } from "@/api/error";
import { follow } from "./follow";
import type { Message } from "./server_sent";

const RETRY_SECONDS = [1, 2, 5, 10];
const STEADY_MILLISECONDS = 5000;

interface Kept {
  projectId: string;
  signal: AbortSignal;
  /** After which message to go on; moved on with every one that comes. */
  place: { current: string | null };
  onOpen: (ahead: number) => void;
  onMessages: (messages: Message[]) => void;
  onLost: (error: ApiError, seconds: number) => void;
}

/**
 * Follows a project's events for as long as nobody ends it: a stream that ends by itself is begun anew at once, one that
 * cannot be had after a while. Rejects with what another attempt would not change.
 */
export async function keepFollowing({ projectId, signal, place, onOpen, onMessages, onLost }: Kept): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let openedAt: number | null = null;
    const error = await follow({
      projectId,
      after: place.current,
      signal,
      onOpen: (ahead) => {
        openedAt = performance.now();
        onOpen(ahead);
      },
      onMessages: (messages) => {
        place.current = messages.findLast(({ id }) => id !== null)?.id ?? place.current;
        onMessages(messages);
      },
    }).then(() => new ApiError(0, "The connection ended."), toApiError);
    if (signal.aborted) return;
    if (isFinal(error)) throw error;
    if (openedAt !== null && performance.now() - openedAt > STEADY_MILLISECONDS) {
      failures = 0;
      continue;
    }
    const seconds = RETRY_SECONDS[Math.min(failures, RETRY_SECONDS.length - 1)] ?? 1;
    failures += 1;
    onLost(error, seconds);
    await pause(seconds, signal);
  }
}

const toApiError = (thrown: unknown): ApiError =>
  thrown instanceof ApiError ? thrown : new ApiError(0, "The server cannot be reached.");

const isFinal = ({ status }: ApiError): boolean => status >= 400 && status < 500 && status !== 429;

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
