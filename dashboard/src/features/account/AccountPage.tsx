import { useQuery } from "@tanstack/react-query";
import { meQuery } from "@/api/queries";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { withArticle } from "@/features/members/rights";
import { formatDate } from "@/format/times";
import { ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { ChangePassword } from "./ChangePassword";
import { EraseAccount } from "./EraseAccount";
import { OwnName } from "./OwnName";
import { ThemeChoice } from "./ThemeChoice";

/** One's own account: it is the same whatever project is open, and always the one of now. */
export function Page() {
  useTitle("Your account");
  const { timezone } = useProject();
  const { asOf } = useSight();
  const me = useQuery(meQuery);
  return (
    <>
      <PageHead title="Your account" about={me.data && `You are ${withArticle(me.data.role)} of ${me.data.organization_name}, since ${formatDate(me.data.created_at, timezone)}.`} />
      {asOf && <p className="mb-4 text-sm text-quiet">This page knows the present only: your account is as it is now.</p>}
      {me.isPending && <Skeleton className="h-80" />}
      {me.isError && <ErrorNotice error={me.error} onRetry={() => void me.refetch()} />}
      {me.data && (
        <div className="flex max-w-2xl flex-col gap-4">
          <OwnName me={me.data} />
          <ThemeChoice />
          <ChangePassword email={me.data.email ?? ""} />
          <EraseAccount me={me.data} />
        </div>
      )}
    </>
  );
}
