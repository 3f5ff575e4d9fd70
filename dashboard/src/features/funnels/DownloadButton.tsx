import { useMutation } from "@tanstack/react-query";
import { toApiError } from "@/api/error";
import { sessionFetch } from "@/api/session_fetch";
import type { FunnelBody } from "@/api/types";
import { Button } from "@/ui/Button";
import { useSay } from "@/ui/toasts";

const TYPES = {
  csv: "text/csv",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
} as const;

interface DownloadButtonProps {
  body: FunnelBody;
  name: string;
  kind: keyof typeof TYPES;
}

/** The figures as a table, made by the API itself. */
export function DownloadButton({ body, name, kind }: DownloadButtonProps) {
  const say = useSay();
  const download = useMutation({
    mutationFn: async () => {
      const headers = { Accept: TYPES[kind], "Content-Type": "application/json" };
      const request = new Request("/api/v1/analytics/funnel", { method: "POST", headers, body: JSON.stringify(body) });
      const response = await sessionFetch(request);
      if (!response.ok) throw toApiError(response, await response.json().catch(() => null));
      save(await response.blob(), `${name}.${kind}`);
    },
    onError: (error) => say(error.message),
  });
  return (
    <Button isBusy={download.isPending} onClick={() => download.mutate()}>
      Download {kind.toUpperCase()}
    </Button>
  );
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
