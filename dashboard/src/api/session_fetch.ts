/**
 * `fetch` as a signed-in page does it. The tokens are in cookies that no script can read; what proves that the request
 * is this page's own is the readable CSRF cookie, sent back as a header. An expired access token is refreshed once,
 * by one tab at a time: a refresh token that is used twice ends the session.
 */
import { refreshSent } from "./refresh_sent";

const UNSAFE = new Set(["POST", "PUT", "PATCH", "DELETE"]);
const REFRESH_URL = "/api/v1/auth/refresh?cookies=true";
const NEVER_REFRESHED = /\/api\/v1\/auth\/(login|register|refresh)$/;

export async function sessionFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const before = cookie("csrf_access_token");
  const response = await fetch(withCsrf(request, "csrf_access_token"));
  if (response.status !== 401 || NEVER_REFRESHED.test(new URL(request.url).pathname)) return response;
  const refreshed = await refresh(before);
  if (refreshed === "good") return fetch(withCsrf(again, "csrf_access_token"));
  return refreshed === "ended" ? response : refreshed.clone(); // for each request that waited
}

export function readCookie(cookies: string, name: string): string | null {
  for (const part of cookies.split("; ")) {
    if (part.startsWith(`${name}=`)) return decodeURIComponent(part.slice(name.length + 1));
  }
  return null;
}

function cookie(name: string): string | null {
  return readCookie(document.cookie, name);
}

function withCsrf(request: Request, name: string): Request {
  const token = cookie(name);
  if (token && UNSAFE.has(request.method)) request.headers.set("X-CSRF-TOKEN", token);
  return request;
}

/** Whether there is a good access token now, the session is over, or neither: why the server could not tell. */
type Refreshed = "good" | "ended" | Response;
const ENDED = new Set([401, 403, 422]);

/** Of a refusal for now, such as 429 or 503, the session is none the worse. */
export function outcomeOf(answer: Response): Refreshed {
  if (answer.ok) return "good";
  return ENDED.has(answer.status) ? "ended" : answer;
}

let running: Promise<Refreshed> | null = null;

/** `before` is the mark of the access token that was refused. */
function refresh(before: string | null): Promise<Refreshed> {
  running ??= underLock(() => refreshOnce(before)).finally(() => {
    running = null;
  });
  return running;
}

async function refreshOnce(before: string | null): Promise<Refreshed> {
  if (hasNew(before)) return "good"; // another tab did it while this one waited
  if (await refreshSent.settled(() => hasNew(before))) return "good";
  if (cookie("csrf_refresh_token") === null) return "ended";
  refreshSent.begin();
  try {
    const request = new Request(REFRESH_URL, { method: "POST", keepalive: true });
    return outcomeOf(await fetch(withCsrf(request, "csrf_refresh_token")));
  } finally {
    refreshSent.end();
  }
}

function hasNew(before: string | null): boolean {
  const now = cookie("csrf_access_token");
  return now !== null && now !== before;
}

async function underLock<T>(work: () => Promise<T>): Promise<T> {
  // Locks are there on https and on localhost; without them tabs may refresh at once, and one is asked to sign in.
  return "locks" in navigator ? navigator.locks.request("iafa-refresh", async () => work()) : work();
}
