import assert from "node:assert/strict";
import { test } from "node:test";
import { createQueue, type Entry, firstBatch, MAX_ENTRY_CHARACTERS } from "../src/queue";
import { createStore } from "../src/store";
import { fakeStorage } from "./fake_storage";

const event = (id: string, more: object = {}): Entry["body"] => ({ id, ...more });
const queueOf = (storage = fakeStorage(), tab = "tab") => createQueue(createStore(() => storage), "queue.p.", tab);
const ids = (entries: Entry[]): string[] => entries.map((entry) => entry.body.id);

test("entries come back in the order in which they were put", () => {
  const queue = queueOf();
  const wanted = Array.from({ length: 50 }, (_, n) => `e${n}`);
  wanted.forEach((id) => queue.push("track/batch", event(id)));
  assert.deepEqual(ids(queue.read(queue.names())), wanted);
});

test("a queue outlives its page", () => {
  const storage = fakeStorage();
  queueOf(storage).push("identify", event("call", { user_id: "ann" }));
  const later = queueOf(storage, "other");
  const [entry] = later.read(later.names());
  assert.equal(entry!.to, "identify");
  assert.deepEqual(entry!.body, { id: "call", user_id: "ann" });
});

test("two tabs that write at the same moment lose nothing, and one may remove what the other put", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_800_000_000_000 });
  const storage = fakeStorage();
  const [first, second] = [queueOf(storage, "a"), queueOf(storage, "b")];
  for (let n = 0; n < 20; n++) {
    first.push("track/batch", event(`a${n}`));
    second.push("track/batch", event(`b${n}`));
  }
  const sent = second.names().slice(0, 10);
  first.push("track/batch", event("late"));
  second.remove(sent);
  const left = ids(first.read(first.names()));
  assert.equal(new Set(left).size, 31);
  assert.ok(left.includes("late"));
});

test("another project's entries are left alone, though its name begins alike", () => {
  const storage = fakeStorage();
  const store = createStore(() => storage);
  createQueue(store, "queue.shop.", "t").push("track/batch", event("mine"));
  const other = createQueue(store, "queue.sho.", "t");
  assert.deepEqual(other.names(), []);
});

test("of more than a thousand the oldest go, and it is said how many", () => {
  const queue = queueOf();
  let gone = 0;
  for (let n = 0; n < 1004; n++) gone += queue.push("track/batch", event(`e${n}`));
  assert.equal(gone, 4);
  const left = ids(queue.read(queue.names()));
  assert.deepEqual([left.length, left[0], left.at(-1)], [1000, "e4", "e1003"]);
});

test("of more than a million characters the oldest go", () => {
  const queue = queueOf();
  const text = "x".repeat(90_000);
  let gone = 0;
  for (let n = 0; n < 12; n++) gone += queue.push("track/batch", event(`e${n}`, { text }));
  assert.equal(gone, 1);
  assert.equal(ids(queue.read(queue.names()))[0], "e1");
});

test("an entry that no server takes is not kept", () => {
  const queue = queueOf();
  assert.equal(queue.push("track/batch", event("large", { text: "x".repeat(MAX_ENTRY_CHARACTERS) })), 1);
  assert.deepEqual(queue.names(), []);
});

test("what was spoilt is taken away and does not stand before the others", () => {
  const storage = fakeStorage();
  for (const [place, text] of ["{", "null", "7", '{"to":"identify"}', '{"to":"track/batch","body":{}}'].entries()) {
    storage.setItem(`iafa.queue.p.0000${place}`, text);
  }
  const queue = queueOf(storage);
  queue.push("track/batch", event("good"));
  assert.deepEqual(ids(queue.read(queue.names())), ["good"]);
  assert.equal(queue.names().length, 1);
});

const entry = (to: string, size = 100): Entry => ({ name: "", to, size, body: { id: "x" } });
const [e, i] = [entry("track/batch"), entry("identify")];

test("events go together, calls alone, and none before another", () => {
  const lengths = (entries: Entry[], most = 10): number => firstBatch(entries, most).length;
  assert.equal(lengths([]), 0);
  assert.equal(lengths([e, e, e]), 3);
  assert.equal(lengths([e, e, e], 2), 2);
  assert.equal(lengths([e, i, e]), 1);
  assert.equal(lengths([e, e, i, e]), 2);
  assert.equal(lengths([i, i]), 1);
  assert.equal(lengths([i, e, e]), 1);
});

test("a batch keeps to a size, but for one entry that is larger alone", () => {
  assert.equal(firstBatch([e, e, e], 10, 250).length, 2);
  assert.equal(firstBatch([entry("track/batch", 999), e], 10, 250).length, 1);
});
