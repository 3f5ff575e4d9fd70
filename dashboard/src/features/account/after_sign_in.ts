import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearchParams } from "react-router";
import { meQuery } from "@/api/queries";
import type { User } from "@/api/types";
import { forgetReceiptsOfOthers } from "@/questions/forget_receipts";
import { safeNext } from "./safe_next";

/** On to where somebody wanted to go before they had to sign in. */
export function useAfterSignIn(): (user: User) => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  return (user) => {
    client.clear(); // whoever was here before
    forgetReceiptsOfOthers(user.id);
    client.setQueryData(meQuery.queryKey, user);
    void navigate(safeNext(search.get("next")), { replace: true });
  };
}
