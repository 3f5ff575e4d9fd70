import { useMutation } from "@tanstack/react-query";
import { useState, type RefObject } from "react";
import { fetchFile } from "@/api/client";
import { useMay } from "@/app/may";
import { saveFile } from "@/format/save_file";
import { Button } from "@/ui/Button";
import { useSay } from "@/ui/toasts";
import type { Body, Kind } from "./answers";
import { SaveReport } from "./SaveReport";

const TYPES = {
  csv: "text/csv",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
} as const;
type TableType = keyof typeof TYPES;

interface QuestionActionsProps<K extends Kind> {
  kind: K;
  /** As it is asked now; null where what is shown is neither in the API's tables nor in a report: a picture is left. */
  body: Body<K> | null;
  /** As a report keeps it: without the project, the last so many days as such. */
  kept: Record<string, unknown>;
  /** Of the files, and what a report is called to begin with. */
  name: string;
  /** What a picture is taken of. */
  chart: RefObject<HTMLElement | null>;
}

/** What can be done with an answer: kept as a report, taken along as a table or as a picture. */
export function QuestionActions<K extends Kind>({ kind, body, kept, name, chart }: QuestionActionsProps<K>) {
  const [isSaving, setIsSaving] = useState(false);
  const mayEdit = useMay("analyst");
  const say = useSay();
  const table = useMutation({
    mutationFn: async (type: TableType) => {
      if (body) saveFile(await fetchTable(kind, body, type), `${name}.${type}`);
    },
    onError: (error) => say(error.message),
  });
  const picture = useMutation({
    mutationFn: async () => {
      if (!chart.current) return;
      if (chart.current.querySelector("[aria-busy=true]")) throw new Error("These figures are being counted anew. Try again in a moment.");
      saveFile(await (await import("./picture")).pictureOf(chart.current), `${name}.png`);
    },
    onError: (error) => say(error.message || "The picture could not be made."),
  });
  return (
    <div className="flex flex-wrap gap-2">
      {mayEdit && body && (
        <Button look="primary" onClick={() => setIsSaving(true)}>
          Save as a report
        </Button>
      )}
      {body &&
        (["csv", "xlsx"] as const).map((type) => (
          <Button key={type} isBusy={table.isPending && table.variables === type} onClick={() => table.mutate(type)}>
            Download {type.toUpperCase()}
          </Button>
        ))}
      <Button isBusy={picture.isPending} onClick={() => picture.mutate()}>
        Download PNG
      </Button>
      {isSaving && <SaveReport kind={kind} question={kept} name={name} onClose={() => setIsSaving(false)} />}
    </div>
  );
}

/** The figures as a table, made by the API itself. */
function fetchTable<K extends Kind>(kind: K, body: Body<K>, type: TableType): Promise<Blob> {
  const headers = { Accept: TYPES[type], "Content-Type": "application/json" };
  return fetchFile(new Request(`/api/v1/analytics/${kind}`, { method: "POST", headers, body: JSON.stringify(body) }));
}
