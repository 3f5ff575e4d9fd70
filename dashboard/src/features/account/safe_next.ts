/** A path on this server, whatever the address says: `//elsewhere` and `https:` lead away from it. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/";
}
