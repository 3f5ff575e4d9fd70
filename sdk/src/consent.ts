/** Whether this visitor may be tracked: what they chose here, what the site assumes, what their browser says. */

import type { Store } from "./store";

export interface Consent {
  isGiven(): boolean;
  choose(isIn: boolean): void;
}

type Wishes = Navigator & { globalPrivacyControl?: boolean; msDoNotTrack?: string };

/** Whether the browser asks every site not to track. */
export const asksNotToTrack = (browser: Wishes, page: { doNotTrack?: string | null }): boolean =>
  browser.globalPrivacyControl === true ||
  [browser.doNotTrack, page.doNotTrack, browser.msDoNotTrack].some((wish) => wish === "1" || wish === "yes");

/** `isRefused`: by the browser; then no choice changes it. */
export const createConsent = (store: Store, isRefused: boolean, isOutAtFirst: boolean): Consent => ({
  isGiven: () => !isRefused && ((store.get("consent") as string | null) ?? (isOutAtFirst ? "out" : "in")) === "in",
  choose: (isIn) => isRefused || store.set("consent", isIn ? "in" : "out"),
});
