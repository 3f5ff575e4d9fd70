/** Where the visitor is, and when they are somewhere else without a page being loaded. */

import { withoutCampaign } from "./campaign";

/** The address of the page: #/cart is one, #reviews is a place in one. */
export const withoutPlace = (url: string): string => url.replace(/#(?![/!]).*$/, "");

/** What makes it another page: a campaign only led there. */
export const pageOf = (url: string): string => withoutCampaign(withoutPlace(url));

/** Its path and hash route: what a page may do to its own parameters is no other page. */
const routeOf = (page: string): string => page.replace(/\?[^#]*/, "");

/** Call `onPage` whenever the page becomes another. The page of now counts as seen. */
export const watchPages = (onPage: () => void): void => {
  let page = pageOf(location.href);
  const look = (isReplaced: boolean): void => {
    const last = page;
    page = pageOf(location.href);
    if (isReplaced ? routeOf(page) !== routeOf(last) : page !== last) onPage();
  };
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    history[name] = function (this: History, ...call) {
      const result = original.apply(this, call);
      look(name === "replaceState");
      return result;
    };
  }
  addEventListener("popstate", () => look(false));
  addEventListener("hashchange", () => look(false));
  addEventListener("pageshow", (event) => event.persisted && onPage()); // the browser had kept it whole
};
