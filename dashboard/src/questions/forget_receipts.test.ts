import { expect, it, vi } from "vitest";
import { forgetReceipts, forgetReceiptsOfOthers, RECEIPTS_PREFIX } from "./forget_receipts";

interface Kept {
  [key: string]: string;
}
const verbs = {
  getItem(this: Kept, key: string) {
    return this[key] ?? null;
  },
  setItem(this: Kept, key: string, value: string) {
    this[key] = value;
  },
  removeItem(this: Kept, key: string) {
    delete this[key];
  },
};

it("keeps one's own over a session's end, and nobody else's", () => {
  const kept = Object.create(verbs) as Kept;
  vi.stubGlobal("localStorage", kept);
  const key = `${RECEIPTS_PREFIX}project`;
  kept["theme"] = "dark";
  forgetReceiptsOfOthers("ann");
  kept[key] = "hers";
  forgetReceiptsOfOthers("ann");
  expect(kept[key]).toBe("hers");
  forgetReceiptsOfOthers("bob");
  expect(kept[key]).toBeUndefined();
  kept[key] = "his";
  forgetReceipts();
  expect(Object.keys(kept)).toEqual(["theme"]);
  vi.unstubAllGlobals();
});
