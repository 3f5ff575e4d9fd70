import { useMutation, useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { useState } from "react";
import { ApiError } from "@/api/error";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { saveFile } from "@/format/save_file";
import { daysOf } from "@/questions/ranges";
import { useAddress } from "@/questions/use_address";
import { Button, ButtonLink } from "@/ui/Button";
import { Pager } from "@/ui/Pager";
import { Card, EmptyState, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { useSay } from "@/ui/toasts";
import { fetchQuarantine, quarantineQuery, REFUSED_PER_PAGE, type Chosen } from "./quality_queries";
import { QuarantineControls } from "./QuarantineControls";
import { RefusedList } from "./RefusedList";
import { ReplayDialog } from "./ReplayDialog";
import { QUALITY_ADDRESS, QUARANTINE_ADDRESS } from "./view";

export function Page() {
  useTitle("Refused events");
  const project = useProject();
  const { asOf } = useSight();
  const say = useSay();
  const [today] = useState(() => new Date()); // the quarantine knows the present only
  const [sending, setSending] = useState<Chosen | null>(null);
  const [round, setRound] = useState(0); // of sending: after each, nothing is chosen
  const [view, change] = useAddress(QUARANTINE_ADDRESS);
  const wanted = { ...daysOf(view.range, "UTC", today), ...(view.reason ? { reason: view.reason } : {}) };
  const refused = useQuery(quarantineQuery(project.id, wanted, view.page));
  const download = useMutation({
    mutationFn: async () => saveFile(await fetchQuarantine(project.id, wanted), "quarantine.ndjson"),
    onError: (error) => say(error.message),
  });
  const quality = `/projects/${project.id}/quality?${QUALITY_ADDRESS.write({ range: view.range, chart: "all" }).toString()}`;
  const isForbidden = refused.error instanceof ApiError && refused.error.status === 403;
  const close = () => {
    setSending(null);
    setRound(round + 1);
  };
  const isEmpty = refused.data?.count === 0;
  return (
    <>
      <PageHead title="Refused events" about="They are kept here, the quarantine, for 30 days: see what is wrong with them, mend the cause, and send them again.">
        <Button isBusy={download.isPending} disabled={!refused.data || isEmpty} onClick={() => download.mutate()}>
          Download these
        </Button>
        <ButtonLink to={quality}>Data quality</ButtonLink>
      </PageHead>
      <div className="flex flex-col gap-4">
        {asOf && <p className="text-sm text-quiet">The quarantine is shown as it is now: it has no past.</p>}
        <QuarantineControls view={view} now={today} onChange={(changed) => change({ ...changed, page: 1 })} />
        {refused.isPending && <Skeleton className="h-72" />}
        {refused.isError && <ErrorNotice error={refused.error} {...(isForbidden ? {} : { onRetry: () => void refused.refetch() })} />}
        {isEmpty && (
          <EmptyState title={view.reason ? "None with this reason" : "Nothing is in quarantine"}>
            {view.reason
              ? "On these days no event was refused for it, or all of them were sent again. Choose any reason, or more days."
              : "On these days no event was refused, or all of them were sent again. An event comes here if it is not as it must be, or if the schema of its type says so."}
          </EmptyState>
        )}
        {refused.data && !isEmpty && (
          <Card className={clsx(refused.isPlaceholderData && "opacity-60 transition-opacity")}>
            <RefusedList key={JSON.stringify([wanted, round])} found={refused.data} wanted={wanted} onSend={setSending} />
            <Pager page={view.page} onPage={(page) => change({ page })} hasMore={refused.data.count > view.page * REFUSED_PER_PAGE} back="Newer" on="Older" />
          </Card>
        )}
      </div>
      {sending && <ReplayDialog chosen={sending} onClose={close} />}
    </>
  );
}
