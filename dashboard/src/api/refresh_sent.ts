/**
 * A refresh whose page was left before the answer came. The browser goes on with it (keepalive) and keeps its cookies;
 * a page that sent the same token meanwhile would end the session. When one was sent is kept for the next page.
 */
const KEY = "refresh_sent_at";
const AT_MOST_MILLISECONDS = 5000;
const LOOK_MILLISECONDS = 50;

export const refreshSent = {
  begin: (): void => write(String(Date.now())),
  end: (): void => write(null),

  /** Waits for one that an earlier page sent; whether it has come, as `isDone` says. */
  async settled(isDone: () => boolean): Promise<boolean> {
    const sentAt = Number(read());
    while (isUnderWay(sentAt, Date.now())) {
      if (isDone()) return true;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
    }
    return isDone();
  },
};

export function isUnderWay(sentAt: number, now: number): boolean {
  return sentAt <= now && now < sentAt + AT_MOST_MILLISECONDS; // a clock that was set back holds nobody up
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is forbidden: the next page does not know
  }
}

function write(value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, value);
  } catch {
    // not remembered
  }
}
