import { useQuery } from "@tanstack/react-query";
import { meQuery } from "@/api/queries";

/** Refused events and schemas are for analysts and above; unlike `useMay` this holds while looking back, too. */
export function useMaySeeRefused(): boolean {
  const role = useQuery(meQuery).data?.role;
  return role !== undefined && role !== "viewer";
}
