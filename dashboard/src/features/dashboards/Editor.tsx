import { DndContext, KeyboardSensor, PointerSensor, useSensor, useSensors } from "@dnd-kit/core";
import { rectSortingStrategy, SortableContext } from "@dnd-kit/sortable";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Dashboard, Report } from "@/api/types";
import { Button } from "@/ui/Button";
import { Card, ErrorNotice } from "@/ui/surfaces";
import { useSay } from "@/ui/toasts";
import { UnsavedChanges } from "@/ui/UnsavedChanges";
import { AddReport } from "./AddReport";
import { useChangeDashboard } from "./dashboard_queries";
import { byOrder, underPointer } from "./dragging";
import { EditedCard } from "./EditedCard";
import { withMoved, without, withWidth } from "./layout";

const DRAG_AFTER_PIXELS = 4;

interface EditorProps {
  dashboard: Dashboard;
  /** All of the project. */
  reports: readonly Report[];
  onClose: () => void;
}

/** Which reports a dashboard shows, where and how wide; nothing is kept until it is saved. */
export default function Editor({ dashboard, reports, onClose }: EditorProps) {
  const [shown, setShown] = useState(dashboard.reports);
  const [seen] = useState(dashboard); // what is saved replaces this, and not what somebody else has made of it meanwhile
  const change = useChangeDashboard(seen);
  const say = useSay();
  const save = useMutation({
    mutationFn: () => change({ reports: shown }),
    onSuccess: () => {
      say(`${dashboard.name} is saved.`);
      onClose();
    },
  });
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: DRAG_AFTER_PIXELS } }),
    useSensor(KeyboardSensor, { coordinateGetter: byOrder }),
  );
  const ids = shown.map((one) => one.report_id);
  return (
    <div className="flex flex-col gap-4">
      <Card className="flex flex-wrap items-end justify-between gap-3">
        <AddReport reports={reports.filter((one) => !ids.includes(one.id))} onAdd={(reportId) => setShown([...shown, { report_id: reportId }])} />
        <div className="flex gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" isBusy={save.isPending} onClick={() => save.mutate()}>
            Save the dashboard
          </Button>
        </div>
      </Card>
      <UnsavedChanges isChanged={shown !== seen.reports && !save.isSuccess} lostBy="page" />
      {save.error && <ErrorNotice error={save.error} />}
      {shown.length === 0 && <p className="py-8 text-center text-quiet">Nothing is on it. Add a report above.</p>}
      <DndContext
        sensors={sensors}
        collisionDetection={underPointer}
        onDragEnd={({ active, over }) => {
          if (over && over.id !== active.id) setShown(withMoved(shown, ids.indexOf(String(active.id)), ids.indexOf(String(over.id))));
        }}
      >
        <SortableContext items={ids} strategy={rectSortingStrategy}>
          <ol className="grid gap-3 lg:grid-cols-2">
            {shown.map((one, place) => (
              <EditedCard
                key={one.report_id}
                shown={one}
                report={reports.find(({ id }) => id === one.report_id)}
                isFirst={place === 0}
                isLast={place === shown.length - 1}
                onMove={(by) => setShown(withMoved(shown, place, place + by))}
                onWidth={(width) => setShown(withWidth(shown, one.report_id, width))}
                onRemove={() => setShown(without(shown, one.report_id))}
              />
            ))}
          </ol>
        </SortableContext>
      </DndContext>
    </div>
  );
}
