import { useSortable } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { clsx } from "clsx";
import type { Report, ShownReport } from "@/api/types";
import { KINDS } from "@/features/reports/kinds";
import { IconButton } from "@/ui/Button";
import { Checkbox } from "@/ui/Field";
import { CloseIcon, DownIcon, GripIcon, UpIcon } from "@/ui/icons";
import { widthOf, type Width } from "./layout";

interface EditedCardProps {
  shown: ShownReport;
  /** Undefined where it was deleted. */
  report: Report | undefined;
  isFirst: boolean;
  isLast: boolean;
  onMove: (by: -1 | 1) => void;
  onWidth: (width: Width) => void;
  onRemove: () => void;
}

/** A report's place: dragged by pointer or keyboard, or moved by its buttons. */
export function EditedCard({ shown, report, isFirst, isLast, onMove, onWidth, onRemove }: EditedCardProps) {
  const sortable = useSortable({ id: shown.report_id });
  const name = report?.name ?? "A deleted report";
  const width = widthOf(shown);
  return (
    <li
      ref={sortable.setNodeRef}
      aria-label={name}
      style={{ transform: CSS.Translate.toString(sortable.transform), transition: sortable.transition ?? undefined }}
      className={clsx("min-w-0 rounded-lg border border-line bg-surface p-3", width === "wide" && "lg:col-span-2", sortable.isDragging && "relative z-10 shadow-lg")}
    >
      <div className="flex items-start gap-1">
        <button
          type="button"
          {...sortable.attributes}
          {...sortable.listeners}
          aria-label={`Drag ${name}`}
          className="grid h-9 w-6 shrink-0 cursor-grab touch-none place-items-center text-quiet"
        >
          <GripIcon />
        </button>
        <p className="min-w-0 grow px-1 py-1.5 font-semibold break-words">{name}</p>
        <IconButton label={`Move ${name} up`} disabled={isFirst} onClick={() => onMove(-1)}>
          <UpIcon />
        </IconButton>
        <IconButton label={`Move ${name} down`} disabled={isLast} onClick={() => onMove(1)}>
          <DownIcon />
        </IconButton>
        <IconButton label={`Take ${name} off`} onClick={onRemove}>
          <CloseIcon />
        </IconButton>
      </div>
      <div className="flex flex-wrap items-center justify-between gap-2 pl-8 text-sm text-quiet">
        {report ? KINDS[report.kind].label : "It can be taken off."}
        <Checkbox label="Full width" className="text-ink" checked={width === "wide"} onChange={({ target }) => onWidth(target.checked ? "wide" : "narrow")} />
      </div>
    </li>
  );
}
