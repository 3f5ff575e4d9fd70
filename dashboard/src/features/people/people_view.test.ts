import { expect, it } from "vitest";
import { EVENTS_ADDRESS, PEOPLE_ADDRESS } from "./people_view";

it("stands in the address, without what is usual", () => {
  for (const [view, text] of [
    [{ search: "", page: 1 }, ""],
    [{ search: "a b", page: 3 }, "search=a+b&page=3"],
  ] as const) {
    expect(PEOPLE_ADDRESS.write(view).toString()).toBe(text);
    expect(PEOPLE_ADDRESS.read(new URLSearchParams(text))).toEqual(view);
  }
  for (const page of ["x", "0", "-1", "1.5"]) expect(EVENTS_ADDRESS.read(new URLSearchParams({ page }))).toEqual({ page: 1 });
});
