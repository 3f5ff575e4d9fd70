import { expect, it } from "vitest";
import type { ShownReport } from "@/api/types";
import { widthOf, withMoved, without, withWidth } from "./layout";

const reports: ShownReport[] = [{ report_id: "a" }, { report_id: "b", layout: { width: 2, height: 3 } }, { report_id: "c", layout: { width: 12 } }];
const ids = (all: readonly ShownReport[]) => all.map((one) => one.report_id).join("");

it("gives half of a row or all of it", () => {
  expect(reports.map(widthOf)).toEqual(["narrow", "wide", "wide"]);
  expect(withWidth(reports, "b", "narrow")[1]).toEqual({ report_id: "b", layout: { width: 1, height: 3 } });
  expect(withWidth(reports, "a", "wide").map(widthOf)).toEqual(["wide", "wide", "wide"]);
});

it("moves and takes off", () => {
  expect([ids(withMoved(reports, 0, 2)), ids(withMoved(reports, 2, 0)), ids(withMoved(reports, 1, 2))]).toEqual(["bca", "cab", "acb"]);
  expect([ids(withMoved(reports, 0, 3)), ids(withMoved(reports, 0, -1)), ids(without(reports, "b"))]).toEqual(["abc", "abc", "ac"]);
});
