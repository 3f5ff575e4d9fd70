import { closestCenter, pointerWithin, type CollisionDetection, type KeyboardCoordinateGetter, type UniqueIdentifier } from "@dnd-kit/core";

const STEPS: Record<string, number> = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

/** Where cards have two widths, the nearest middle is often not the one that is pointed at. */
export const underPointer: CollisionDetection = (dragged) => {
  const found = pointerWithin(dragged);
  return found.length > 0 ? found : closestCenter(dragged);
};

/** Arrow keys go through the order, onto the middle of the card before or after: what lies above or beside is not one thing. */
export const byOrder: KeyboardCoordinateGetter = (event, { active, context: { over, collisionRect, droppableRects, droppableContainers } }) => {
  const step = STEPS[event.code];
  if (!step || !collisionRect) return undefined;
  event.preventDefault();
  const { items } = droppableContainers.get(active)?.data.current?.["sortable"] as { items: UniqueIdentifier[] };
  const rect = droppableRects.get(items[items.indexOf(over?.id ?? active) + step] ?? active);
  if (!rect) return undefined;
  return { x: rect.left + (rect.width - collisionRect.width) / 2, y: rect.top + (rect.height - collisionRect.height) / 2 };
};
