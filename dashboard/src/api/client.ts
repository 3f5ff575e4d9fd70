import createClient from "openapi-fetch";
import { ApiError, toApiError } from "./error";
import { sessionFetch } from "./session_fetch";
import type { Paths } from "./types";

export const api = createClient<Paths>({ baseUrl: "", fetch: sessionFetch });

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What was answered; ApiError for anything else. */
export async function answered<T>(call: Promise<Outcome<T>>): Promise<NonNullable<T>> {
  const outcome = await reached(call);
  if (outcome.data === undefined || outcome.data === null) throw toApiError(outcome.response, outcome.error);
  return outcome.data;
}

/** For calls whose answer has no body. */
export async function done(call: Promise<Outcome<unknown>>): Promise<void> {
  const outcome = await reached(call);
  if (!outcome.response.ok) throw toApiError(outcome.response, outcome.error);
}

/** A file that the API makes. */
export async function fetchFile(request: Request): Promise<Blob> {
  const response = await reached(sessionFetch(request));
  if (!response.ok) throw toApiError(response, await response.json().catch(() => null));
  return reached(response.blob());
}

async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The server cannot be reached. Check the connection, and whether `iafa up` is running.");
  }
}
