import { expect, it } from "vitest";
import { ApiError } from "@/api/error";
import { byPlace, refusedIn } from "./refused";

it("finds the formulas that were refused where nothing else was", () => {
  expect(refusedIn(new ApiError(422, "", new Map([["formulas.1", "No."]])))).toEqual(new Map([[1, "No."]]));
  expect(refusedIn(new ApiError(422, "", new Map([["formulas.1", "No."], ["interval", "No."]]))).size).toBe(0);
  expect(refusedIn(new ApiError(500, "")).size).toBe(0);
});

it("names them by where they are written", () => {
  expect(byPlace(["", "A", "B +"], new Map([[1, "No."]]))).toEqual(new Map([[2, "No."]]));
});
