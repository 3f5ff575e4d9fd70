import type { Report } from "@/api/types";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { daysOf } from "@/questions/ranges";
import { RangePicker } from "@/questions/RangePicker";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { rangeFieldsOf, type Override } from "./override";

const DAY_LENGTH = "2026-01-31".length; // what a time begins with

interface RangeChoiceProps {
  override: Override;
  onChange: (override: Override) => void;
}

/** A range in place of what reports say themselves, or none. */
export function RangeChoice({ override, onChange }: RangeChoiceProps) {
  const { now } = useSight();
  const range = override && ("days" in override || "start" in override) ? override : null;
  const none = { label: "As saved", onChoose: () => onChange(null) };
  return <RangePicker range={range} timezone={useProject().timezone} now={now} onChange={onChange} none={none} />;
}

/** The same for one report: of a kind that goes back by periods of its own there is only the end to choose. */
export function ReportRange({ report, override, onChange }: RangeChoiceProps & { report: Report }) {
  const { start, end } = rangeFieldsOf(report.kind);
  const { timezone } = useProject();
  const { now } = useSight();
  if (start) return <RangeChoice override={override} onChange={onChange} />;
  const own = report.question[end];
  const chosen = override && ("end" in override ? override.end : daysOf(override, timezone, now).end_date);
  const usual = typeof own === "string" ? own.slice(0, DAY_LENGTH) : daysOf({ days: 1 }, timezone, now).end_date;
  return (
    <div className="flex flex-wrap items-end gap-2">
      <TextField
        label="Up to the period that contains"
        type="date"
        className="min-w-60"
        value={chosen ?? usual}
        onChange={({ target }) => onChange(target.value ? { end: target.value } : null)}
      />
      {chosen && <Button onClick={() => onChange(null)}>As saved</Button>}
    </div>
  );
}
