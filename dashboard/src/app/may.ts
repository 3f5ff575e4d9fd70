import { useQuery } from "@tanstack/react-query";
import { meQuery } from "@/api/queries";
import type { User } from "@/api/types";
import { useSight } from "./as_of";

const ROLES: readonly User["role"][] = ["viewer", "analyst", "admin", "owner"];

/** Whether whoever is signed in has at least this role: what they may see, looking back or not. */
export function useHasRole(least: User["role"]): boolean {
  const role = useQuery(meQuery).data?.role;
  return role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** Whether whoever is signed in may do what needs at least this role; nobody changes the past. The server decides again. */
export function useMay(least: User["role"]): boolean {
  const hasRole = useHasRole(least);
  const { asOf } = useSight();
  return hasRole && asOf === null;
}
