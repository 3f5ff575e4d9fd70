import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiError } from "@/api/error";
import { meQuery } from "@/api/queries";

/** Where any question is answered with 401 although it was refreshed, the session is over: ask who is there anew. */
export function useSignOutOnRefusal(): void {
  const client = useQueryClient();
  useEffect(
    () =>
      client.getQueryCache().subscribe(({ type, query }) => {
        const error: unknown = query.state.error;
        const isRefused = type === "updated" && error instanceof ApiError && error.status === 401;
        if (isRefused && query.queryKey[0] !== meQuery.queryKey[0]) void client.resetQueries({ queryKey: meQuery.queryKey });
      }),
    [client],
  );
}
