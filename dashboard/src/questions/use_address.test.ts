import { expect, it } from "vitest";
import { isOver, rewritten } from "./use_address";

const params = (text: string) => new URLSearchParams(text);

it("changes what is the view's, and keeps what is not", () => {
  expect(rewritten(params("tab=time&as_of=then&range=7d"), params("tab=time&range=7d"), params("tab=trend")).toString()).toBe("tab=trend&as_of=then");
});

it("keeps what was chosen until the router shows it, or somebody has gone elsewhere", () => {
  const chosen = (isDone: boolean) => ({ search: params("event=pro"), isDone });
  expect(isOver(chosen(false), params("event=pr"), "?event=pro")).toBe(false);
  expect(isOver(chosen(true), params("event=pr"), "?event=pro")).toBe(false); // gone there, and not shown yet
  expect(isOver(chosen(false), params("event=pr"), "?event=pr")).toBe(false);
  expect(isOver(chosen(true), params("event=pro"), "?event=pro")).toBe(true);
  expect(isOver(chosen(true), params("event=pr"), "?other=1")).toBe(true);
});
