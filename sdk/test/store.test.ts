import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore } from "../src/store";
import { fakeStorage } from "./fake_storage";

test("what one tab writes the other reads", () => {
  const storage = fakeStorage();
  const [first, second] = [createStore(() => storage), createStore(() => storage)];
  first.set("user", "ann");
  assert.equal(second.get("user"), "ann");
  second.remove("user");
  assert.equal(first.get("user"), null);
});

test("names are ours alone, in order", () => {
  const storage = fakeStorage();
  storage.setItem("queue.theirs", "1");
  const store = createStore(() => storage);
  for (const name of ["queue.b", "queue.a", "session"]) store.set(name, 1);
  assert.deepEqual(store.names("queue."), ["queue.a", "queue.b"]);
});

test("forbidden storage is replaced by memory", () => {
  const store = createStore(() => {
    throw new Error("SecurityError");
  });
  store.set("user", "ann");
  assert.equal(store.get("user"), "ann");
  assert.deepEqual(store.names("u"), ["user"]);
  store.remove("user");
  assert.equal(store.get("user"), null);
});

test("what a full storage does not take stays in memory, until it takes it", () => {
  const storage = fakeStorage(10);
  const store = createStore(() => storage);
  store.set("a", "12345678");
  store.set("b", "1234");
  assert.deepEqual([store.get("a"), store.get("b")], ["12345678", "1234"]);
  assert.deepEqual(Object.keys(storage), ["iafa.a"]);
  assert.deepEqual(store.names(""), ["a", "b"]);
  store.remove("a");
  store.set("b", "1234");
  assert.deepEqual(Object.keys(storage), ["iafa.b"]);
});

test("a newer value in memory hides the one that is stored", () => {
  const storage = fakeStorage(6);
  const store = createStore(() => storage);
  store.set("a", "1");
  store.set("a", "1234567");
  assert.equal(store.get("a"), "1234567");
  assert.deepEqual(store.names("a"), ["a"]);
});

test("what is no JSON reads as nothing", () => {
  const storage = fakeStorage();
  storage.setItem("iafa.session", "{");
  assert.equal(createStore(() => storage).get("session"), null);
});
