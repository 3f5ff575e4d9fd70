/*! IAFA tracker. Sends what visitors do to the server that this script came from.
 *
 * Promises: an event that was taken is sent until the server has answered for it, over reloads too, and its id is made
 * here, so that sending it twice never counts it twice. It never throws into the page, and it does nothing at all where
 * the visitor asks not to be tracked.
 *
 *   <script>window.iafa = window.iafa || function () { (iafa.q = iafa.q || []).push(arguments); };</script>
 *   <script async src="https://iafa.example.com/sdk/iafa.js" data-api-key="iafa_w_…"></script>
 *
 *   iafa("track", "purchase", { amount: 12.5 }); iafa("identify", "user-1"); iafa("reset");
 *
 * data-endpoint: another server than the script's own. data-auto="off": no page views by itself.
 */
(function () {
  "use strict";

  const BATCH_EVENTS = 10;
  const BATCH_PAUSE_MS = 5000;
  const QUEUE_EVENTS = 1000; // beyond it the oldest go: localStorage holds a few megabytes for the whole site
  const BEACON_BYTES = 60000; // browsers refuse beacons over 64 KB
  const SESSION_PAUSE_MS = 30 * 60 * 1000;
  const RETRY_FIRST_MS = 1000;
  const RETRY_MAX_MS = 5 * 60 * 1000;
  const ASKED_MAX_MS = 24 * 3600 * 1000; // a timer of more than 24 days would fire at once

  const script = document.currentScript || document.querySelector("script[data-api-key]");
  const waiting = (window.iafa && window.iafa.q) || [];
  if (!script || (window.iafa && window.iafa.isRunning)) return;
  const warn = (message) => window.console && console.warn("iafa: " + message);
  const safely = (run) => {
    try {
      return run();
    } catch (error) {
      warn(error && error.message);
    }
  };

  window.iafa = function () {
    const call = arguments;
    safely(() => perform(call));
  };
  window.iafa.isRunning = true;
  const apiKey = script.getAttribute("data-api-key");
  const isStopped = navigator.doNotTrack === "1" || !apiKey;
  if (!apiKey) warn("data-api-key is missing, nothing is tracked");
  const endpoint = script.getAttribute("data-endpoint") || script.src.replace(/\/sdk\/[^/]*$/, "");
  const url = endpoint.replace(/\/+$/, "") + "/api/v1/track/batch";

  // localStorage is read anew at every use: other tabs of the site write to it too. Where a browser forbids it, or it
  // is full, memory does for as long as the page lives.
  const queueName = "queue." + String(apiKey).slice(-8); // another key's events are another project's
  const memory = {};
  const read = (name) => {
    if (name in memory) return memory[name];
    try {
      return JSON.parse(localStorage.getItem("iafa." + name));
    } catch (error) {
      return null;
    }
  };
  const write = (name, value) => {
    try {
      localStorage.setItem("iafa." + name, JSON.stringify(value));
      delete memory[name];
    } catch (error) {
      memory[name] = value;
    }
    return value;
  };
  // How many events were dropped since the last batch that was answered for: without it nobody knew what is missing.
  const droppedName = "dropped." + queueName;
  const readDropped = () => Math.min(Math.max(Math.floor(Number(read(droppedName))) || 0, 0), 1e9);
  const addDropped = (count) => count && write(droppedName, Math.max(readDropped() + count, 0));
  const readQueue = () => {
    const queue = read(queueName);
    return Array.isArray(queue) ? queue : [];
  };

  function newId() {
    if (window.crypto && crypto.randomUUID) return crypto.randomUUID(); // only there on https and localhost
    const bytes = new Uint8Array(16);
    if (window.crypto && crypto.getRandomValues) crypto.getRandomValues(bytes);
    else bytes.forEach((_, place) => (bytes[place] = Math.random() * 256));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  function sessionId(now) {
    const last = read("session");
    const isOver = !last || now - last.at > SESSION_PAUSE_MS;
    return write("session", { id: isOver ? newId() : last.id, at: now }).id;
  }

  let referrer = document.referrer;
  let page = null; // the URL of the last page view

  function track(eventType, properties) {
    if (typeof eventType !== "string" || !eventType || eventType.length > 100) {
      return warn("an event type is a text of 1 to 100 characters");
    }
    const now = Date.now();
    const event = {
      id: newId(),
      event_type: eventType,
      anonymous_id: read("anonymous") || write("anonymous", newId()),
      session_id: sessionId(now),
      timestamp: new Date(now).toISOString(),
      // A copy, so that what the page changes later, or what is no JSON, cannot spoil the queue.
      properties: Object.assign({}, JSON.parse(JSON.stringify(properties || {}))),
      url: location.href,
      referrer: referrer || undefined,
    };
    const userId = read("user");
    if (userId) event.user_id = userId;
    const all = readQueue().concat(event);
    const queue = write(queueName, all.slice(-QUEUE_EVENTS));
    addDropped(all.length - queue.length);
    sendIn(queue.length >= BATCH_EVENTS ? 0 : BATCH_PAUSE_MS);
  }

  function trackPage() {
    const address = location.href.replace(/#(?![/!]).*$/, ""); // #/cart is a page, #reviews is a place in one
    if (address === page) return;
    if (page !== null) referrer = page;
    page = address;
    track("page_view", { title: document.title, path: location.pathname });
  }

  function perform(call) {
    if (isStopped) return;
    if (call[0] === "track") track(call[1], call[2]);
    else if (call[0] === "identify" && call[1]) write("user", String(call[1]).slice(0, 255));
    else if (call[0] === "reset") ["user", "anonymous", "session"].forEach((name) => write(name, null));
    else warn('call it with "track", "identify" or "reset"');
  }

  let timer = null;
  let dueAt = 0;
  let notBefore = 0; // while the server cannot be reached, or asked to be left alone
  let failures = 0;
  let isSending = false;

  function sendIn(delay) {
    const at = Math.max(Date.now() + delay, notBefore);
    if (isSending || (timer !== null && dueAt <= at)) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(() => safely(send), at - Date.now());
  }

  const bodyOf = (events, dropped) =>
    JSON.stringify({ events: events, sent_at: new Date().toISOString(), dropped: dropped || undefined });

  function send() {
    timer = null;
    const batch = readQueue().slice(0, BATCH_EVENTS);
    if (isSending || !batch.length) return;
    isSending = true;
    const dropped = readDropped();
    fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-API-Key": apiKey },
      body: bodyOf(batch, dropped),
      credentials: "omit",
    })
      .then((answer) => {
        if (answer.status === 429 || answer.status >= 500) return retryLater(answer.headers.get("Retry-After"));
        if (!answer.ok) warn(batch.length + " events were refused with status " + answer.status);
        failures = notBefore = 0;
        // What was refused event by event is counted there; a batch that was not even looked at is lost here.
        addDropped(answer.ok || answer.status === 422 ? -dropped : batch.length);
        const done = new Set(batch.map((event) => event.id));
        write(queueName, readQueue().filter((event) => !done.has(event.id)));
        if (!answer.ok) return;
        return answer.json().then((told) => told.rejected && warn(told.rejected + " events were refused"));
      }, () => retryLater(null))
      .catch((error) => warn(error && error.message))
      .then(() => {
        isSending = false;
        const left = readQueue().length;
        if (left) sendIn(failures || left >= BATCH_EVENTS ? 0 : BATCH_PAUSE_MS);
      });
  }

  function retryLater(retryAfter) {
    const backoff = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * Math.pow(2, Math.min(failures++, 20)));
    const asked = 1000 * Number(retryAfter) || Date.parse(retryAfter) - Date.now() || 0;
    // Jitter, or all pages come back at the same moment.
    notBefore = Date.now() + Math.min(Math.max(asked, 0), ASKED_MAX_MS) + backoff * (0.5 + Math.random() / 2);
  }

  // A beacon gets no answer, so its events stay in the queue: the next page sends them again, and their ids make that
  // harmless. While the server cannot take them, they only wait.
  const beaconed = new Set(); // a page that is left is hidden first: both call this
  function sendBeacon() {
    if (!navigator.sendBeacon || Date.now() < notBefore) return;
    const target = url + "?api_key=" + encodeURIComponent(apiKey);
    const events = readQueue().filter((event) => !beaconed.has(event.id));
    for (let start = 0; start < events.length; start += BATCH_EVENTS) {
      const batch = events.slice(start, start + BATCH_EVENTS);
      const body = new Blob([bodyOf(batch)], { type: "text/plain" });
      if (body.size > BEACON_BYTES || !navigator.sendBeacon(target, body)) return;
      batch.forEach((event) => beaconed.add(event.id));
    }
  }

  if (isStopped) return;
  safely(() => {
    const isAuto = script.getAttribute("data-auto") !== "off";
    // Who the visitor is comes before the page view, what they did comes after it.
    const calls = Array.from(waiting);
    const first = calls.findIndex((call) => call[0] === "track");
    calls.splice(0, first < 0 ? calls.length : first).forEach((call) => safely(() => perform(call)));
    if (isAuto) {
      trackPage();
      const pushState = history.pushState;
      history.pushState = function () {
        const result = pushState.apply(this, arguments);
        safely(trackPage);
        return result;
      };
      addEventListener("popstate", () => safely(trackPage));
    }
    calls.forEach((call) => safely(() => perform(call)));
    addEventListener("pagehide", () => safely(sendBeacon));
    document.addEventListener("visibilitychange", () => document.hidden && safely(sendBeacon));
    if (readQueue().length) sendIn(BATCH_PAUSE_MS);
  });
})();
