/**
 * What waits to be sent, oldest first. Every entry has a name of its own in the store, so that tabs which write at the
 * same moment cannot overwrite each other's entries, and an event costs one small write however many wait.
 */

import type { Store } from "./store";

const MAX_ENTRIES = 1000;
const MAX_CHARACTERS = 1_000_000; // a site has about five million for everything
export const MAX_ENTRY_CHARACTERS = 100_000; // the server takes no larger event

export interface Entry {
  name: string;
  /** The call of the API that takes it: track/batch, identify, alias. */
  to: string;
  body: { id: string } & Record<string, unknown>;
  /** About as many bytes does it take. */
  size: number;
}

export interface Queue {
  /** Put an entry last; how many had to go for it (the oldest, or the entry itself where it is too large). */
  push(to: string, body: Entry["body"]): number;
  names(): string[];
  /** The entries of these names that still are there. */
  read(names: string[]): Entry[];
  remove(names: string[]): void;
}

/** Order within a tab is the count's, between tabs the clock's. */
export const createQueue = (store: Store, start: string, tab: string): Queue => {
  let count = 0;
  const base36 = (value: number, width: number): string => value.toString(36).padStart(width, "0");
  const sizeOf = (name: string): number => parseInt(name.slice(name.lastIndexOf("-") + 1), 36) || 0;
  const names = (): string[] => store.names(start);
  const remove = (gone: string[]): void => gone.forEach(store.remove);
  return {
    names,
    remove,
    push(to, body) {
      const value = { to, body };
      const size = JSON.stringify(value).length;
      if (size > MAX_ENTRY_CHARACTERS) return 1;
      store.set(`${start}${base36(Date.now(), 9)}-${base36(count++, 6)}-${tab}-${base36(size, 1)}`, value);
      const all = names();
      let left = all.length;
      let characters = all.reduce((sum, name) => sum + sizeOf(name), 0);
      const gone = all.filter((name) => {
        if (left <= MAX_ENTRIES && characters <= MAX_CHARACTERS) return false;
        left--;
        characters -= sizeOf(name);
        return true;
      });
      remove(gone);
      return gone.length;
    },
    read(wanted) {
      const entries: Entry[] = [];
      for (const name of wanted) {
        const value = store.get(name) as Entry | null;
        if (value && value.to && value.body?.id) entries.push({ ...value, name, size: sizeOf(name) });
        else store.remove(name); // another tab has sent it, or it was spoilt
      }
      return entries;
    },
  };
};

/** The first entries that go in one request: events together, calls that say who is whom one by one. */
export const firstBatch = (entries: Entry[], most: number, characters = Infinity): Entry[] => {
  const isEvent = (entry: Entry): boolean => entry.to === "track/batch";
  let size = 0;
  let end = 0;
  for (const entry of entries) {
    size += entry.size;
    if (end && (end >= most || size > characters || !isEvent(entry) || !isEvent(entries[0]!))) break;
    end++;
  }
  return entries.slice(0, end);
};
