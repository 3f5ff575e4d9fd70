import assert from "node:assert/strict";
import { test } from "node:test";
import { ASKED_MAX_MS, askedPause, backoffPause } from "../src/backoff";
import { campaignOf, withCampaign, withoutCampaign } from "../src/campaign";
import { asksNotToTrack, createConsent } from "../src/consent";
import { newId } from "../src/ids";
import { pageOf } from "../src/pages";
import { readAttributes, readSettings } from "../src/settings";
import { createStore } from "../src/store";
import { createVisitor, SESSION_PAUSE_MS } from "../src/visitor";
import { fakeStorage } from "./fake_storage";

const newStore = () => {
  const storage = fakeStorage();
  return createStore(() => storage);
};
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("ids are UUIDs of version 4, whatever the browser has to make them of", (t) => {
  const made = new Set([newId()]);
  for (const crypto of [{ getRandomValues: globalThis.crypto.getRandomValues.bind(globalThis.crypto) }, undefined]) {
    const had = Object.getOwnPropertyDescriptor(globalThis, "crypto")!;
    Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true });
    t.after(() => Object.defineProperty(globalThis, "crypto", had));
    for (let n = 0; n < 100; n++) made.add(newId());
    Object.defineProperty(globalThis, "crypto", had);
  }
  assert.equal(made.size, 201);
  for (const id of made) assert.match(id, UUID);
});

test("Retry-After is seconds or a date, and never longer than a day", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  assert.equal(askedPause("2", now), 2000);
  assert.equal(askedPause("Thu, 01 Jan 2026 00:01:00 GMT", now), 60_000);
  assert.equal(askedPause("Thu, 01 Jan 2025 00:01:00 GMT", now), 0);
  assert.equal(askedPause("-5", now), 0);
  assert.equal(askedPause("soon", now), 0);
  assert.equal(askedPause(null, now), 0);
  assert.equal(askedPause("99999999", now), ASKED_MAX_MS);
});

test("pauses double up to five minutes, and chance takes up to half of each", () => {
  assert.deepEqual([0, 1, 2, 3].map((failures) => backoffPause(failures, 1)), [1000, 2000, 4000, 8000]);
  assert.equal(backoffPause(3, 0), 4000);
  assert.equal(backoffPause(1000, 1), 300_000);
});

test("a campaign is the utm parameters and click ids of the query", () => {
  assert.equal(campaignOf("https://x/?a=1&utm_source=mail&gclid=7#top"), "utm_source=mail&gclid=7");
  assert.equal(campaignOf("https://x/?utm_source=&utm_medium=cpc"), "utm_medium=cpc");
  assert.equal(campaignOf("https://x/?my_utm_source=mail&b=utm_source=c#?utm_source=d"), "");
  assert.equal(campaignOf("https://x/?UTM_Source=Mail"), "UTM_Source=Mail");
});

test("an address gets the campaign of its session, unless it names one", () => {
  assert.equal(withCampaign("https://x/cart", "utm_source=mail"), "https://x/cart?utm_source=mail");
  assert.equal(withCampaign("https://x/?a=1#/cart", "utm_source=mail"), "https://x/?a=1&utm_source=mail#/cart");
  assert.equal(withCampaign("https://x/?gclid=1", "utm_source=mail"), "https://x/?gclid=1");
  assert.equal(withCampaign("https://x/", ""), "https://x/");
});

test("without its campaign an address is what it was", () => {
  for (const url of ["https://x/", "https://x/?a=1&b=2", "https://x/?a=1#/cart?b=2", "https://x/#top"]) {
    assert.equal(withoutCampaign(url), url);
    assert.equal(withoutCampaign(withCampaign(url, "utm_source=mail&gclid=7")), url);
  }
  assert.equal(withoutCampaign("https://x/?utm_source=mail&a=1&gclid=7&b=2"), "https://x/?a=1&b=2");
});

test("a route in the fragment is a page, a place is not", () => {
  assert.notEqual(pageOf("https://x/#/cart"), pageOf("https://x/#/shop"));
  assert.notEqual(pageOf("https://x/#!cart"), pageOf("https://x/"));
  assert.equal(pageOf("https://x/#reviews"), pageOf("https://x/"));
  assert.equal(pageOf("https://x/?utm_source=mail"), pageOf("https://x/"));
});

test("settings are bounded, and a missing one has its default", () => {
  const settings = readSettings({ apiKey: "iafa_w_0123456789", endpoint: "https://iafa.example.com//" });
  assert.deepEqual(settings, {
    apiKey: "iafa_w_0123456789",
    endpoint: "https://iafa.example.com",
    projectId: "23456789",
    batchSize: 10,
    batchInterval: 5000,
    auto: true,
    optedOut: false,
    respectDoNotTrack: true,
    debug: false,
  });
  const odd = readSettings({ apiKey: "k", batchSize: 1e9, batchInterval: -1, projectId: "a.b" });
  assert.deepEqual([odd.batchSize, odd.batchInterval, odd.projectId], [500, 100, "a_b"]);
  const worse = readSettings({ apiKey: "k", batchSize: NaN, batchInterval: "soon" as never });
  assert.deepEqual([worse.batchSize, worse.batchInterval], [10, 5000]);
});

test("attributes of the script tag are options", () => {
  const attributes = { apiKey: "k", auto: "off", debug: "", optedOut: "false", batchSize: "20" };
  const settings = readSettings(readAttributes(attributes));
  assert.deepEqual(
    [settings.apiKey, settings.auto, settings.debug, settings.optedOut, settings.batchSize],
    ["k", false, true, false, 20],
  );
  assert.equal(readSettings(readAttributes({ apiKey: "" })).apiKey, "");
});

test("a session ends with a pause of thirty minutes, and its first campaign stays", () => {
  const visitor = createVisitor(newStore());
  const first = visitor.session(0, "https://x/");
  const touched = visitor.session(SESSION_PAUSE_MS, "https://x/?utm_source=mail");
  assert.deepEqual([first.id === touched.id, first.campaign, touched.campaign], [true, "", "utm_source=mail"]);
  const later = visitor.session(2 * SESSION_PAUSE_MS, "https://x/?utm_source=ads");
  assert.deepEqual([later.id === first.id, later.campaign], [true, "utm_source=mail"]);
  const next = visitor.session(3 * SESSION_PAUSE_MS + 1, "https://x/");
  assert.deepEqual([next.id === first.id, next.campaign], [false, ""]);
});

test("tabs share the visitor and the session; a reset begins others", () => {
  const storage = fakeStorage();
  const [a, b] = [0, 1].map(() => createVisitor(createStore(() => storage)));
  const session = a!.session(5, "https://x/");
  a!.setUser("ann");
  assert.equal(b!.anonymousId(), a!.anonymousId());
  assert.equal(b!.session(6, "https://x/").id, session.id);
  assert.equal(b!.userId(), "ann");
  const known = a!.anonymousId();
  b!.forget();
  assert.equal(a!.userId(), null);
  assert.notEqual(a!.anonymousId(), known);
  assert.notEqual(a!.session(7, "https://x/").id, session.id);
});

test("a choice is kept, comes before what the site assumes, and not before the browser's wish", () => {
  const store = newStore();
  const storage = fakeStorage();
  const shared = createStore(() => storage);
  assert.equal(createConsent(store, false, false).isGiven(), true);
  assert.equal(createConsent(store, false, true).isGiven(), false);
  createConsent(shared, false, true).choose(true);
  assert.equal(createConsent(shared, false, true).isGiven(), true);
  assert.equal(createConsent(shared, true, false).isGiven(), false);
  createConsent(shared, false, false).choose(false);
  assert.equal(createConsent(shared, false, false).isGiven(), false);
  createConsent(shared, true, false).choose(true);
  assert.equal(createConsent(shared, false, false).isGiven(), false);
});

test("Do Not Track and Global Privacy Control are heard in all their forms", () => {
  const asks = (browser: object, page: object = {}) => asksNotToTrack(browser as Navigator, page);
  assert.equal(asks({ doNotTrack: "1" }), true);
  assert.equal(asks({ doNotTrack: "yes" }), true);
  assert.equal(asks({ globalPrivacyControl: true }), true);
  assert.equal(asks({}, { doNotTrack: "1" }), true);
  assert.equal(asks({ doNotTrack: "0", globalPrivacyControl: false }), false);
  assert.equal(asks({ doNotTrack: null }), false);
  assert.equal(asks({ doNotTrack: "unspecified" }), false);
});
