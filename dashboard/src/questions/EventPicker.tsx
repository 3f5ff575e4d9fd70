import { useQuery } from "@tanstack/react-query";
import { catalogueQuery } from "@/api/queries";
import { SuggestField } from "@/ui/Field";

interface EventPickerProps {
  label: string;
  projectId: string;
  value: string;
  onChange: (eventType: string) => void;
  className?: string;
}

/** An event type: suggested from those that were seen, most frequent first; others may be typed before they come. */
export function EventPicker({ label, projectId, value, onChange, className }: EventPickerProps) {
  const catalogue = useQuery(catalogueQuery(projectId));
  const types = catalogue.data?.event_types.map((one) => one.event_type) ?? [];
  const isUnseen = catalogue.data !== undefined && value !== "" && !types.includes(value) && !catalogue.data.has_more;
  return (
    <SuggestField
      label={label}
      {...(className ? { className } : {})}
      placeholder="Any event"
      suggestions={types}
      value={value}
      onChange={({ target }) => onChange(target.value)}
      hint={isUnseen ? "Not seen in the last 30 days." : undefined}
    />
  );
}
