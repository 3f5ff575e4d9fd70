/**
 * JSON values by name: in localStorage, which all tabs of a site share, and in memory where a browser forbids it or it
 * is full. Always read anew: other tabs write too.
 */

const PREFIX = "iafa.";

export interface Store {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  remove(name: string): void;
  /** The names that begin so, in order. */
  names(start: string): string[];
}

export const createStore = (storage: () => Storage): Store => {
  const memory = new Map<string, string>();
  const attempt = <T>(run: () => T): T | null => {
    try {
      return run();
    } catch {
      return null;
    }
  };
  return {
    get: (name) => attempt(() => JSON.parse(memory.get(name) ?? storage().getItem(PREFIX + name)!)),
    set(name, value) {
      const text = JSON.stringify(value);
      try {
        storage().setItem(PREFIX + name, text);
        memory.delete(name);
      } catch {
        memory.set(name, text);
      }
    },
    remove(name) {
      memory.delete(name);
      attempt(() => storage().removeItem(PREFIX + name));
    },
    names(start) {
      const stored = attempt(() => Object.keys(storage())) || [];
      const ours = stored.filter((key) => key.startsWith(PREFIX + start)).map((key) => key.slice(PREFIX.length));
      const held = [...memory.keys()].filter((name) => name.startsWith(start));
      return [...new Set([...ours, ...held])].sort();
    },
  };
};
