import { closestCenter, DndContext, KeyboardSensor, PointerSensor, useSensor, useSensors } from "@dnd-kit/core";
import { SortableContext, sortableKeyboardCoordinates, verticalListSortingStrategy } from "@dnd-kit/sortable";
import { Button } from "@/ui/Button";
import { PlusIcon } from "@/ui/icons";
import { newStage, STAGES_MOST, withoutStage, withStageMoved, type Draft, type DraftStage } from "./draft";
import { StageCard } from "./StageCard";

const DRAG_AFTER_PIXELS = 4;

interface StageListProps {
  draft: Draft;
  projectId: string;
  onChange: (draft: Draft) => void;
}

/** The stages, dragged into order by pointer or keyboard, or moved by their buttons. */
export function StageList({ draft, projectId, onChange }: StageListProps) {
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: DRAG_AFTER_PIXELS } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const keys = draft.stages.map((stage) => stage.key);
  const change = (place: number, changed: Partial<DraftStage>) =>
    onChange({ ...draft, stages: draft.stages.map((one, at) => (at === place ? { ...one, ...changed } : one)) });
  return (
    <>
      <h2 className="mb-3">Stages</h2>
      <DndContext
        sensors={sensors}
        collisionDetection={closestCenter}
        onDragEnd={({ active, over }) => {
          if (over && over.id !== active.id) onChange(withStageMoved(draft, keys.indexOf(String(active.id)), keys.indexOf(String(over.id))));
        }}
      >
        <SortableContext items={keys} strategy={verticalListSortingStrategy}>
          <ol className="flex flex-col gap-3">
            {draft.stages.map((stage, place) => (
              <StageCard
                key={stage.key}
                stage={stage}
                place={place}
                draft={draft}
                projectId={projectId}
                onChange={(changed) => change(place, changed)}
                onMove={(to) => onChange(withStageMoved(draft, place, to))}
                onRemove={() => onChange(withoutStage(draft, place))}
              />
            ))}
          </ol>
        </SortableContext>
      </DndContext>
      <Button className="mt-3" disabled={draft.stages.length >= STAGES_MOST} onClick={() => onChange({ ...draft, stages: [...draft.stages, newStage()] })}>
        <PlusIcon />
        Add a stage
      </Button>
    </>
  );
}
