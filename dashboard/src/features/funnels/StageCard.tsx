import { useSortable } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { clsx } from "clsx";
import { useState } from "react";
import { Button, IconButton } from "@/ui/Button";
import { Checkbox, TextField } from "@/ui/Field";
import { CloseIcon, DownIcon, GripIcon, UpIcon } from "@/ui/icons";
import { ConditionLines } from "@/questions/ConditionLines";
import { canBeOptional, STAGES_LEAST, type Draft, type DraftStage } from "./draft";
import { EventPicker } from "@/questions/EventPicker";

interface StageCardProps {
  stage: DraftStage;
  place: number;
  draft: Draft;
  projectId: string;
  onChange: (changed: Partial<DraftStage>) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}

export function StageCard({ stage, place, draft, projectId, onChange, onMove, onRemove }: StageCardProps) {
  const sortable = useSortable({ id: stage.key });
  const isFiltered = stage.conditions.length > 0;
  const [isOpen, setIsOpen] = useState(isFiltered || Boolean(stage.kept) || stage.optional || stage.firstTimeOnly !== false);
  const number = place + 1;
  return (
    <li
      ref={sortable.setNodeRef}
      aria-label={`Stage ${number}`}
      style={{ transform: CSS.Translate.toString(sortable.transform), transition: sortable.transition ?? undefined }}
      className={clsx("rounded-md border border-line bg-surface p-3", sortable.isDragging && "relative z-10 shadow-lg")}
    >
      <div className="flex items-end gap-1">
        <button
          type="button"
          {...sortable.attributes}
          {...sortable.listeners}
          aria-label={`Drag stage ${number}`}
          className="grid h-9 w-6 shrink-0 cursor-grab touch-none place-items-center text-quiet"
        >
          <GripIcon />
        </button>
        <EventPicker className="min-w-0 flex-1" label={`Stage ${number}: event`} projectId={projectId} value={stage.eventType} onChange={(eventType) => onChange({ eventType })} />
        <IconButton label={`Move stage ${number} up`} className="hidden! sm:inline-grid!" disabled={place === 0} onClick={() => onMove(place - 1)}>
          <UpIcon />
        </IconButton>
        <IconButton label={`Move stage ${number} down`} className="hidden! sm:inline-grid!" disabled={number === draft.stages.length} onClick={() => onMove(place + 1)}>
          <DownIcon />
        </IconButton>
        <IconButton label={`Remove stage ${number}`} disabled={draft.stages.length <= STAGES_LEAST} onClick={onRemove}>
          <CloseIcon />
        </IconButton>
      </div>
      {!isOpen && (
        <Button look="quiet" className="mt-1 ml-5" onClick={() => setIsOpen(true)}>
          Filters and options
          <span className="sr-only">of stage {number}</span>
          {stage.name && <span className="font-normal text-quiet">shown as “{stage.name}”</span>}
        </Button>
      )}
      {isOpen && (
        <div className="mt-3 flex flex-col gap-3 sm:ml-7">
          <TextField label="Shown as (optional)" placeholder={stage.eventType || "Any event"} value={stage.name} onChange={({ target }) => onChange({ name: target.value })} />
          {stage.kept ? (
            <div className="rounded-md bg-sunken p-2 text-sm">
              <p>This filter was made through the API, and stays as it is:</p>
              <pre className="my-1 overflow-x-auto text-xs">{JSON.stringify(stage.kept)}</pre>
              <Button onClick={() => onChange({ kept: null })}>Remove it</Button>
            </div>
          ) : (
            <ConditionLines label="Only where" projectId={projectId} eventType={stage.eventType} conditions={stage.conditions} onChange={(conditions) => onChange({ conditions })} />
          )}
          <div className="flex flex-wrap gap-x-5 gap-y-2">
            {canBeOptional(draft, place) && (
              <Checkbox label="May be skipped" checked={stage.optional} onChange={({ target }) => onChange({ optional: target.checked })} />
            )}
            <Checkbox
              label="Only a person’s first event of this type"
              checked={stage.firstTimeOnly !== false}
              onChange={({ target }) => onChange({ firstTimeOnly: target.checked })}
            />
          </div>
        </div>
      )}
    </li>
  );
}
