import { expect, it } from "vitest";
import { rewritten } from "./use_address";

const params = (text: string) => new URLSearchParams(text);

it("changes what is the view's, and keeps what is not", () => {
  expect(rewritten(params("tab=time&as_of=then&range=7d"), params("tab=time&range=7d"), params("tab=trend")).toString()).toBe("tab=trend&as_of=then");
});
