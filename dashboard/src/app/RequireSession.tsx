import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation } from "react-router";
import { ApiError } from "@/api/error";
import { meQuery } from "@/api/queries";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { useSignOutOnRefusal } from "./sign_out_on_refusal";

/** Lets signed-in people through; others sign in, and come back to where they wanted to go. */
export function RequireSession() {
  const { pathname, search, hash } = useLocation();
  const me = useQuery(meQuery);
  useSignOutOnRefusal();
  if (me.isPending) return <Skeleton className="m-6 h-40" />;
  if (me.error instanceof ApiError && me.error.status === 401) {
    const wanted = pathname + search + hash;
    return <Navigate replace to={wanted === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(wanted)}`} />;
  }
  if (me.isError) {
    return (
      <main className="mx-auto max-w-lg p-6">
        <ErrorNotice error={me.error} onRetry={() => void me.refetch()} />
      </main>
    );
  }
  return <Outlet />;
}
