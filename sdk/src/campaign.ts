/** The campaign in an address: a page that draws itself loses it at the first navigation, a session must not. */

const PARAMETERS =
  "utm_source utm_medium utm_campaign utm_term utm_content gclid gbraid wbraid dclid fbclid msclkid ttclid twclid " +
  "li_fat_id igshid epik rdt_cid sccid yclid irclickid mc_eid";
const CAMPAIGN = new RegExp(`[?&]((?:${PARAMETERS.replace(/ /g, "|")})=[^&#]+)`, "gi");
const MAX_CHARACTERS = 1000;

/** Where the address ends and its fragment begins. */
const split = (url: string): [string, string] => {
  const place = url.indexOf("#");
  return place < 0 ? [url, ""] : [url.slice(0, place), url.slice(place)];
};

/** Its parameters, as they stand; "" where it names none. */
export const campaignOf = (url: string): string =>
  Array.from(split(url)[0].matchAll(CAMPAIGN), (found) => found[1]).join("&").slice(0, MAX_CHARACTERS);

/** The address with the campaign, where it names none itself. */
export const withCampaign = (url: string, campaign: string): string => {
  if (!campaign || campaignOf(url)) return url;
  const [address, fragment] = split(url);
  return address + (address.includes("?") ? "&" : "?") + campaign + fragment;
};

/** The address without it. */
export const withoutCampaign = (url: string): string => {
  const [address, fragment] = split(url);
  const bare = address.replace(CAMPAIGN, (found) => (found[0] === "?" ? "?" : ""));
  return bare.replace("?&", "?").replace(/\?$/, "") + fragment;
};

/** That of the address the page was loaded from, which the page may have changed since. */
export const landingCampaign = (): string => campaignOf(performance.getEntriesByType?.("navigation")[0]?.name || "");
