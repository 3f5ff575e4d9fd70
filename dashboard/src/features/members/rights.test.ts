import { describe, expect, it } from "vitest";
import type { User } from "@/api/types";
import { mayManage, nameOf, rolesFor, rolesToInvite } from "./rights";

const me = (role: User["role"]) => ({ id: "me", role }) as User;

describe("who may manage whom", () => {
  it("lets owners manage everybody, admins those below, and others nobody", () => {
    expect(rolesToInvite("owner")).toEqual(["owner", "admin", "analyst", "viewer"]);
    expect(rolesToInvite("admin")).toEqual(["analyst", "viewer"]);
    expect([...rolesToInvite("analyst"), ...rolesToInvite("viewer")]).toEqual([]);
    expect(mayManage("admin", "admin")).toBe(false);
  });
  it("offers of another's roles those that may be given, of one's own those that may less", () => {
    expect(rolesFor(me("admin"), { id: "b", role: "viewer" })).toEqual(["analyst", "viewer"]);
    expect(rolesFor(me("admin"), { id: "b", role: "owner" })).toEqual(["owner"]);
    expect(rolesFor(me("admin"), { id: "me", role: "admin" })).toEqual(["admin", "analyst", "viewer"]);
    expect(rolesFor(me("viewer"), { id: "me", role: "viewer" })).toEqual(["viewer"]);
  });
  it("calls people by their names as long as there is one", () => {
    expect([nameOf({ full_name: "Ann", email: "a@b" }), nameOf({ full_name: null, email: null })]).toEqual(["Ann", "Somebody who was erased"]);
  });
});
