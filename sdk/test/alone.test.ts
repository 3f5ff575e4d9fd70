import assert from "node:assert/strict";
import { test } from "node:test";
import { alone } from "../src/alone";

type Request = (name: string, how: LockOptions, run: (lock: object | null) => Promise<void>) => Promise<void>;

const withLocks = async (request: Request | undefined, run: () => Promise<void>): Promise<void> => {
  const had = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { locks: request && { request } }, configurable: true });
  try {
    await run();
  } finally {
    if (had) Object.defineProperty(globalThis, "navigator", had);
    else delete (globalThis as { navigator?: unknown }).navigator;
  }
};

const counted = () => {
  const count = { runs: 0 };
  return { count, run: async () => void count.runs++ };
};

test("who has the lock runs, who has not does not", async () => {
  const { count, run } = counted();
  await withLocks((_, __, granted) => granted({}), async () => assert.equal(await alone("x", false, run), true));
  await withLocks((_, __, granted) => granted(null), async () => assert.equal(await alone("x", false, run), false));
  assert.equal(count.runs, 1);
});

test("without locks, or where they are refused, it runs once", async () => {
  const { count, run } = counted();
  await withLocks(undefined, async () => assert.equal(await alone("x", false, run), true));
  const refuse: Request = async () => {
    throw new Error("SecurityError");
  };
  await withLocks(refuse, async () => assert.equal(await alone("x", false, run), true));
  assert.equal(count.runs, 2);
});

test("a lock that is stolen while it runs does not make it run twice", async () => {
  const { count, run } = counted();
  const stolen: Request = async (_, __, granted) => {
    await granted({});
    throw new Error("AbortError");
  };
  await withLocks(stolen, async () => assert.equal(await alone("x", false, run), true));
  assert.equal(count.runs, 1);
});

test("only who waits too long steals", async () => {
  const asked: LockOptions[] = [];
  const grant: Request = async (_, how, granted) => {
    asked.push(how);
    await granted({});
  };
  await withLocks(grant, async () => {
    await alone("x", false, async () => {});
    await alone("x", true, async () => {});
  });
  assert.deepEqual(asked, [{ ifAvailable: true }, { steal: true }]);
});
