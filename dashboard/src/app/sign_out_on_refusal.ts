import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiError } from "@/api/error";
import { meQuery } from "@/api/queries";

const isRefusal = (error: unknown): boolean => error instanceof ApiError && error.status === 401;

/** Where anything is answered with 401 although the token was refreshed, the session is over: ask who is there anew. */
export function useSignOutOnRefusal(): void {
  const client = useQueryClient();
  useEffect(() => {
    const askAnew = () => void client.resetQueries({ queryKey: meQuery.queryKey });
    const ends = [
      client.getQueryCache().subscribe(({ type, query }) => {
        const isOther = query.queryKey[0] !== meQuery.queryKey[0];
        if (type === "updated" && isOther && isRefusal(query.state.error)) askAnew();
      }),
      client.getMutationCache().subscribe(({ type, mutation }) => {
        if (type === "updated" && isRefusal(mutation.state.error)) askAnew();
      }),
    ];
    return () => ends.forEach((end) => end());
  }, [client]);
}
