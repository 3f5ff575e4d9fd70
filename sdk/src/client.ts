/**
 * The API that a page sees. Nothing in it throws, and nothing of it happens before `init`, which makes the calls that
 * were waiting: those that say who the visitor is before the first page view, the others after it.
 */

import { landingCampaign, withCampaign } from "./campaign";
import { safely, warn } from "./console";
import { asksNotToTrack, type Consent, createConsent } from "./consent";
import { newId } from "./ids";
import { watchPages, withoutPlace } from "./pages";
import { createQueue } from "./queue";
import { createSender, type Sender } from "./sender";
import { type Options, readSettings, type Settings } from "./settings";
import { createStore } from "./store";
import { createVisitor, type Visitor } from "./visitor";

export type Properties = Record<string, unknown>;

export interface Methods {
  /** Begin. Once for a page; a second call is ignored. */
  init(options: Options): void;
  /** Something that the visitor did. */
  track(eventType: string, properties?: Properties): void;
  /** A page view, with a name if it has one. Needed only where `auto` is off. */
  page(name?: string | Properties, properties?: Properties): void;
  /** Who the visitor is, and what is known of them (null takes a trait away). */
  identify(userId: string, traits?: Properties): void;
  /** Another id of the same user: `previousId`, by default the user of now, and `userId` are one from now on. */
  alias(userId: string, previousId?: string): void;
  /** The group that the visitor is in. */
  group(groupId: string, properties?: Properties): void;
  /** Another visitor from now on: after a log-out. */
  reset(): void;
  /** Track nothing on this site any more, and forget what waits and who the visitor is. */
  optOut(): void;
  /** Take `optOut` back, or `optedOut: true`. */
  optIn(): void;
}

/** `iafa.track("x")` and `iafa("track", "x")` are the same. */
export type Iafa = Methods & (<Name extends keyof Methods>(name: Name, ...call: Parameters<Methods[Name]>) => void);

type Call = [string, ...unknown[]];
const MAX_WAITING = 1000;
const TEXT_MAX = 255;
const AFTER_THE_PAGE_VIEW = ["track", "page", "group"];

/** Not while the browser makes the page ready for a visit that may never be. */
const whenSeen = (run: () => void): void => {
  if (!(document as { prerendering?: boolean }).prerendering) return run();
  document.addEventListener("prerenderingchange", () => safely(run), { once: true });
};

/** What the client is made of once it was begun. */
interface Running {
  settings: Settings;
  consent: Consent;
  visitor: Visitor;
  sender: Sender;
}

const textOf = (value: unknown): string => (value || value === 0 ? String(value).slice(0, TEXT_MAX) : "");
/** A copy, so that what the page changes later, or what is no JSON, cannot spoil the queue. */
const copyOf = (properties: unknown): Properties => ({ ...JSON.parse(JSON.stringify(properties || {})) });
const timestamp = (): string => new Date().toISOString();

/** `given` are options that `init` need not name. */
export const createIafa = (given: Partial<Options> = {}): Iafa => {
  let running: Running | undefined;
  let waiting: Call[] = [];
  let referrer = "";
  let page = "";
  let landing = ""; // the address the page was loaded from: routers take campaigns away before a script is loaded

  const record = (eventType: string, properties: Properties): void => {
    const { sender, settings, visitor } = running!;
    const session = visitor.session(Date.now(), withCampaign(location.href, landing));
    landing = "";
    const body = {
      id: newId(),
      event_type: eventType,
      anonymous_id: visitor.anonymousId(),
      user_id: visitor.userId() || undefined,
      session_id: session.id,
      timestamp: timestamp(),
      properties,
      url: withCampaign(location.href, session.campaign),
      referrer: referrer || undefined,
    };
    if (settings.debug) console.log("iafa: " + eventType, body);
    sender.add("track/batch", body);
  };

  const viewPage = (properties: Properties): void => {
    const address = withoutPlace(location.href);
    if (page && page !== address) referrer = page;
    page = address;
    record("page_view", { title: document.title, path: location.pathname, ...properties });
  };

  const viewByItself = (): void => {
    if (running!.settings.auto && running!.consent.isGiven()) viewPage({});
  };

  const methods: Record<string, (...call: never[]) => void> = {
    track(eventType: unknown, properties?: unknown) {
      if (typeof eventType !== "string" || !eventType || eventType.length > 100) {
        return warn("an event type is a text of 1 to 100 characters");
      }
      record(eventType, copyOf(properties));
    },
    page(name?: unknown, properties?: unknown) {
      viewPage(typeof name === "string" ? { name, ...copyOf(properties) } : copyOf(name));
    },
    identify(user: unknown, traits?: unknown) {
      const { sender, visitor } = running!;
      const userId = textOf(user);
      if (!userId) return warn("identify needs a user id");
      if (userId === visitor.userId() && !traits) return; // was said
      visitor.setUser(userId);
      const said = traits ? { traits: copyOf(traits) } : {};
      const body = { id: newId(), user_id: userId, anonymous_id: visitor.anonymousId(), timestamp: timestamp() };
      sender.add("identify", { ...body, ...said });
    },
    alias(user: unknown, previous?: unknown) {
      const { sender, visitor } = running!;
      const userId = textOf(user);
      const previousId = textOf(previous) || visitor.userId();
      if (!userId || !previousId) return warn("alias needs a user id, and a previous one where nobody is identified");
      visitor.setUser(userId);
      sender.add("alias", { id: newId(), user_id: userId, previous_id: previousId, timestamp: timestamp() });
    },
    group(group: unknown, properties?: unknown) {
      const groupId = textOf(group);
      if (!groupId) return warn("group needs a group id");
      record("group", { ...copyOf(properties), group_id: groupId });
    },
    reset() {
      running!.visitor.forget();
    },
  };

  const choose = (isIn: boolean): void => {
    const { consent, sender, visitor } = running!;
    const wasGiven = consent.isGiven();
    consent.choose(isIn);
    if (!isIn) {
      sender.clear();
      visitor.forget();
    } else if (!wasGiven) viewByItself();
  };

  const begin = (options?: Partial<Options>): void => {
    if (running) return;
    const settings = readSettings({ ...given, ...options });
    if (!settings.apiKey || !settings.endpoint) return warn("apiKey or endpoint is missing, nothing is tracked");
    const store = createStore(() => localStorage);
    const isRefused = settings.respectDoNotTrack && asksNotToTrack(navigator, window as { doNotTrack?: string });
    const queue = createQueue(store, `queue.${settings.projectId}.`, newId().slice(0, 8));
    const consent = createConsent(store, isRefused, settings.optedOut);
    const sender = createSender(store, queue, settings);
    running = { settings, consent, sender, visitor: createVisitor(store) };
    referrer = document.referrer;
    landing = landingCampaign();

    const first = waiting.findIndex(([name]) => AFTER_THE_PAGE_VIEW.includes(name));
    const before = waiting.splice(0, first < 0 ? waiting.length : first);
    before.forEach(perform);
    safely(viewByItself);
    waiting.splice(0).forEach(perform);

    if (settings.auto) safely(() => watchPages(() => safely(viewByItself)));
    addEventListener("pagehide", () => safely(sender.leave));
    document.addEventListener("visibilitychange", () => document.hidden && safely(sender.leave));
    addEventListener("online", () => safely(() => sender.reach(true)));
    addEventListener("offline", () => safely(() => sender.reach(false)));
    if (consent.isGiven()) sender.resume();
  };

  const perform = (call: Call): void => {
    if (typeof window === "undefined") return; // a server that renders pages
    safely(() => {
      const [name, ...rest] = call;
      if (name === "init") return whenSeen(() => begin(rest[0] as Options));
      if (!running) return waiting.length < MAX_WAITING && waiting.push(call);
      if (name === "optOut" || name === "optIn") return choose(name === "optIn");
      const method = methods[name];
      if (!method) return warn("there is no " + name);
      if (running.consent.isGiven()) method(...(rest as never[]));
    });
  };

  const iafa = ((...call: Call) => perform(call)) as Iafa & Record<string, unknown>;
  for (const name of ["init", "optOut", "optIn", ...Object.keys(methods)]) {
    iafa[name] = (...call: unknown[]) => perform([name, ...call]);
  }
  return iafa;
};
