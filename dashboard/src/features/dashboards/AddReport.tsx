import { useState } from "react";
import type { Report } from "@/api/types";
import { KINDS } from "@/features/reports/kinds";
import { Button } from "@/ui/Button";
import { SelectField } from "@/ui/Field";
import { PlusIcon } from "@/ui/icons";

interface AddReportProps {
  /** Those that are not there yet. */
  reports: readonly Report[];
  onAdd: (reportId: string) => void;
}

export function AddReport({ reports, onAdd }: AddReportProps) {
  const [chosen, setChosen] = useState("");
  if (reports.length === 0) {
    return <p className="self-center text-sm text-quiet">Every saved report is on it. New ones come from “Save as a report” below a chart.</p>;
  }
  const sorted = [...reports].sort((one, other) => one.name.localeCompare(other.name));
  const reportId = sorted.some((one) => one.id === chosen) ? chosen : (sorted[0]?.id ?? "");
  return (
    <form
      className="flex min-w-0 grow flex-wrap items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        onAdd(reportId);
      }}
    >
      <SelectField label="Saved report" className="min-w-0 grow sm:max-w-96" value={reportId} onChange={({ target }) => setChosen(target.value)}>
        {sorted.map(({ id, name, kind }) => (
          <option key={id} value={id}>
            {name} ({KINDS[kind].label})
          </option>
        ))}
      </SelectField>
      <Button type="submit">
        <PlusIcon />
        Add it
      </Button>
    </form>
  );
}
