import { useState } from "react";
import { Button } from "@/ui/Button";
import type { AskedEvent } from "./asked_event";
import { ConditionLines } from "./ConditionLines";
import { EventPicker } from "./EventPicker";

interface EventWhereProps {
  label: string;
  projectId: string;
  event: AskedEvent;
  onChange: (event: AskedEvent) => void;
}

/** An event type, and below it the conditions for it alone: a button until there are any. */
export function EventWhere({ label, projectId, event, onChange }: EventWhereProps) {
  const [isOpen, setIsOpen] = useState(event.where.length > 0);
  const hasLines = isOpen || event.where.length > 0;
  const begin = () => {
    setIsOpen(true);
    onChange({ ...event, where: [{ property: "", operator: "eq", value: "" }] });
  };
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex items-start gap-1">
        <EventPicker className="min-w-0 grow" label={label} projectId={projectId} value={event.eventType} onChange={(eventType) => onChange({ ...event, eventType })} />
        {!hasLines && (
          <Button look="quiet" className="mt-6 shrink-0" onClick={begin}>
            Add a condition
            <span className="sr-only">for {label}</span>
          </Button>
        )}
      </div>
      {hasLines && (
        <ConditionLines
          label="Only where"
          projectId={projectId}
          eventType={event.eventType}
          conditions={event.where}
          onChange={(where) => {
            setIsOpen(where.length > 0);
            onChange({ ...event, where });
          }}
        />
      )}
    </div>
  );
}
