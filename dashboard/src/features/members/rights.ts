import type { Member, User } from "@/api/types";

type Role = User["role"];

/** Each may do all that those after it may. */
export const ROLES: readonly Role[] = ["owner", "admin", "analyst", "viewer"];

/** What each does: "An owner …". */
export const ABOUT: Readonly<Record<Role, string>> = {
  owner: "may do everything: also gives the roles of owner and admin, and erases people who have left.",
  admin: "manages projects, keys, settings and schemas; invites and removes analysts and viewers; sees history, audit and jobs.",
  analyst: "makes and changes funnels, reports, dashboards and cohorts, and sees refused events.",
  viewer: "sees all figures, and changes nothing.",
};

/** Whether a member with `role` may give, change and take away the role `other`: owners may every one, admins those below their own. */
export const mayManage = (role: Role, other: Role): boolean =>
  role === "owner" || (role === "admin" && ROLES.indexOf(other) > ROLES.indexOf(role));

/** The roles that `me` may give to `member`, the one they have included; oneself only one that may less. */
export function rolesFor(me: User, member: Pick<Member, "id" | "role">): Role[] {
  if (me.id === member.id) return ROLES.filter((role) => ROLES.indexOf(role) >= ROLES.indexOf(me.role));
  return mayManage(me.role, member.role) ? ROLES.filter((role) => mayManage(me.role, role)) : [member.role];
}

export const rolesToInvite = (role: Role): Role[] => ROLES.filter((other) => mayManage(role, other));

/** How people are called in texts; who was erased has no name any more. */
export const nameOf = ({ full_name: name, email }: Pick<Member, "full_name" | "email">): string => name ?? email ?? "Somebody who was erased";

export const roleName = (role: Role): string => role.charAt(0).toUpperCase() + role.slice(1);
export const withArticle = (role: Role): string => `${role === "viewer" ? "a" : "an"} ${role}`;
export const aboutRole = (role: Role): string => `${role === "viewer" ? "A" : "An"} ${role} ${ABOUT[role]}`;
