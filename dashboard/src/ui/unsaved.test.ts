import { expect, it } from "vitest";
import { isLosing, LEAVES_NOTHING, type LostBy } from "./unsaved";

const here = { pathname: "/projects/p/settings", search: "?tab=keys" };
const loses = (pathname: string, search: string, by: LostBy, state: unknown = null) => isLosing(here, { pathname, search, state }, by);

it("asks on the way to another page, and to another part of this one where that takes the changes away", () => {
  expect(loses("/projects/p/funnels", "", "page")).toBe(true);
  expect(loses("/welcome", "", "page")).toBe(true);
  expect(loses(here.pathname, "?tab=origins", "address")).toBe(true);
  expect(loses(here.pathname, "?tab=origins", "page")).toBe(false);
  expect(loses(here.pathname, here.search, "address")).toBe(false);
});

it("stops neither who signs out nor who has just saved", () => {
  expect(loses("/sign-in", "", "address")).toBe(false);
  expect(loses("/projects/p/schemas/s", "", "page", LEAVES_NOTHING.state)).toBe(false);
});
