import { clsx } from "clsx";
import type { ReactNode } from "react";
import type { Project } from "@/api/types";
import { useSight } from "@/app/as_of";
import { Checkbox } from "@/ui/Field";
import { Card } from "@/ui/surfaces";
import type { BaseView } from "./base_view";
import { FilterLines } from "./FilterLines";
import { RangePicker } from "./RangePicker";

interface BaseControlsProps {
  project: Project;
  view: BaseView;
  onChange: (change: Partial<BaseView>) => void;
  /** The question's own, beside the range. */
  children?: ReactNode;
  /** Retention goes back by its own periods. */
  hasRange?: boolean;
}

/** Date range, what is the question's own, and the filter. */
export function BaseControls({ project, view, onChange, children, hasRange = true }: BaseControlsProps) {
  const { now } = useSight();
  return (
    <Card className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-3">
        {hasRange && <RangePicker range={view.range} timezone={project.timezone} now={now} onChange={(range) => onChange({ range })} />}
        {children}
      </div>
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className={clsx("grow sm:min-w-0", view.filter.length > 0 && "min-w-full")}>
          <FilterLines projectId={project.id} filter={view.filter} onChange={(filter) => onChange({ filter })} />
        </div>
        <Checkbox label="Count crawlers, too" className="min-h-9" checked={view.bots} onChange={({ target }) => onChange({ bots: target.checked })} />
      </div>
    </Card>
  );
}
