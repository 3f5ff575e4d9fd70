import { useMutation, useQuery } from "@tanstack/react-query";
import { fetchFile } from "@/api/client";
import type { Project } from "@/api/types";
import { formatCount, plural } from "@/format/numbers";
import { saveFile } from "@/format/save_file";
import { formatMoment } from "@/format/times";
import { Button } from "@/ui/Button";
import { CheckIcon } from "@/ui/icons";
import { Progress } from "@/ui/Progress";
import { Card, ErrorNotice, Skeleton } from "@/ui/surfaces";
import { useSay } from "@/ui/toasts";
import { verificationQuery } from "./history_queries";

const EXPORTS = { ndjson: "application/x-ndjson", csv: "text/csv" } as const;
type ExportType = keyof typeof EXPORTS;

/** Whether the log is what it was, and the log to take along. */
export function ProofTab({ project }: { project: Project }) {
  const checked = useQuery(verificationQuery);
  const say = useSay();
  const download = useMutation({
    mutationFn: async (type: ExportType) => saveFile(await fetchExport(type), `audit.${type}`),
    onError: (error) => say(error.message),
  });
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card className="flex flex-col items-start gap-3">
        <h2>Is the log unbroken?</h2>
        <p className="text-sm text-quiet">
          Each change is tied to all before it by a hash, and signed every hour. An entry that somebody edits, removes or moves
          breaks the chain.
        </p>
        {checked.isFetching && <Progress doing="Checking" />}
        {checked.isPending && <Skeleton className="h-16 w-full" />}
        {checked.isError && <ErrorNotice error={checked.error} />}
        {checked.data && (
          <div role="status" className={checked.data.ok ? "w-full rounded-md bg-good-soft p-3" : "w-full rounded-md bg-danger-soft p-3"}>
            <p className="flex items-center gap-2 font-medium">
              {checked.data.ok && <CheckIcon />}
              {checked.data.ok
                ? `Checked ${plural(checked.data.events, "event")}, unbroken`
                : `Broken at event ${formatCount(checked.data.first_bad_seq ?? 0)}: ${checked.data.reason ?? "the reason is not known"}`}
            </p>
            <p className="text-sm">
              {!checked.data.ok && `The ${plural(checked.data.events, "event")} of this organisation before it hold. `}
              The whole log was last read on {formatMoment(checked.data.read_at, project.timezone)}.
            </p>
          </div>
        )}
        <Button isBusy={checked.isFetching} onClick={() => void checked.refetch()}>
          Check it again
        </Button>
      </Card>
      <Card className="flex flex-col items-start gap-3">
        <h2>Take the log along</h2>
        <p className="text-sm text-quiet">
          The proof can be checked without this server by <code>iafa audit verify</code>; the table is for spreadsheets. Names and
          addresses of people are sealed in the proof. Each download is noted under “Access”.
        </p>
        <div className="flex flex-wrap gap-2">
          <Button isBusy={download.isPending && download.variables === "ndjson"} onClick={() => download.mutate("ndjson")}>
            Download the proof (NDJSON)
          </Button>
          <Button isBusy={download.isPending && download.variables === "csv"} onClick={() => download.mutate("csv")}>
            Download the table (CSV)
          </Button>
        </div>
      </Card>
    </div>
  );
}

const fetchExport = (type: ExportType): Promise<Blob> => fetchFile(new Request("/api/v1/audit/export", { headers: { Accept: EXPORTS[type] } }));
