import type { LifecycleBody, Project } from "@/api/types";
import type { Sight } from "@/app/as_of";
import { readEvent, toEvents, writeEvent, type AskedEvent } from "@/questions/asked_event";
import { askedBase, keptBase, readBase, writeBase, type BaseView } from "@/questions/base_view";
import { isInterval, type Interval } from "@/questions/interval";

/** Whose lifecycle is looked at, by which event. */
export interface View extends BaseView {
  event: AskedEvent;
  interval: Interval;
  countBy: string;
}

export function readView(search: URLSearchParams): View {
  const interval = search.get("interval");
  return {
    ...readBase(search),
    event: readEvent(search, "event"),
    interval: isInterval(interval) ? interval : "day",
    countBy: search.get("count_by") ?? "users",
  };
}

export function writeView(view: View): URLSearchParams {
  const search = writeBase(view);
  writeEvent(search, "event", view.event);
  if (view.interval !== "day") search.set("interval", view.interval);
  if (view.countBy !== "users") search.set("count_by", view.countBy);
  return search;
}

/** As it is asked now. */
export const askedQuestion = (view: View, project: Project, sight: Sight): LifecycleBody => ({
  ...askedBase(view, project, sight),
  ...ownOf(view),
});

/** As a report keeps it. */
export const keptQuestion = (view: View): Record<string, unknown> => ({ ...keptBase(view), ...ownOf(view) });

const ownOf = ({ event, interval, countBy }: View) => ({ event: toEvents(event), interval, count_by: countBy });
