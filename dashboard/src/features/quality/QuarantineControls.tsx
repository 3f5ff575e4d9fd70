import { useQuery } from "@tanstack/react-query";
import { useProject } from "@/app/project";
import { RangePicker } from "@/questions/RangePicker";
import { daysOf } from "@/questions/ranges";
import { SelectField } from "@/ui/Field";
import { Card } from "@/ui/surfaces";
import { qualityQuery } from "./quality_queries";
import { reasonTitle, REASONS } from "./reasons";
import type { QuarantineView } from "./view";

interface QuarantineControlsProps {
  view: QuarantineView;
  now: Date;
  onChange: (change: Partial<QuarantineView>) => void;
}

/** Days of receipt and the reason; what was counted in these days is offered first. */
export function QuarantineControls({ view, now, onChange }: QuarantineControlsProps) {
  const project = useProject();
  const quality = useQuery(qualityQuery(project.id, daysOf(view.range, "UTC", now)));
  const counted = Object.keys(quality.data?.total.rejected ?? {});
  const others = Object.keys(REASONS).filter((reason) => !counted.includes(reason));
  const isKnown = view.reason === null || counted.includes(view.reason) || others.includes(view.reason);
  return (
    <Card className="flex flex-wrap items-end gap-3">
      <RangePicker range={view.range} timezone="UTC" now={now} onChange={(range) => onChange({ range })} />
      <SelectField label="Refused because" className="min-w-56 grow" value={view.reason ?? ""} onChange={({ target }) => onChange({ reason: target.value || null })}>
        <option value="">Any reason</option>
        {!isKnown && <option>{view.reason}</option>}
        {counted.length > 0 && <Reasons label="On these days" reasons={counted} />}
        <Reasons label={counted.length > 0 ? "Other reasons" : "Reasons"} reasons={others} />
      </SelectField>
      <p className="max-w-56 text-sm text-quiet">Days are UTC days on which they came in.</p>
    </Card>
  );
}

function Reasons({ label, reasons }: { label: string; reasons: readonly string[] }) {
  return (
    <optgroup label={label}>
      {reasons.map((reason) => (
        <option key={reason} value={reason}>
          {reasonTitle(reason)}
        </option>
      ))}
    </optgroup>
  );
}
