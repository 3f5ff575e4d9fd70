import type { Project } from "@/api/types";
import { formatPercent } from "@/format/numbers";
import { Card, EmptyState } from "@/ui/surfaces";
import { toDefinition, type Draft } from "./draft";
import { Asked } from "@/questions/Asked";
import { FunnelBars } from "./FunnelBars";

/** What the draft would show of the last 30 days. */
export function Preview({ project, draft }: { project: Project; draft: Draft }) {
  return (
    <Card className="lg:sticky lg:top-6">
      <h2 className="mb-3">Preview</h2>
      <Asked kind="funnel" body={{ project_id: project.id, ...toDefinition(draft) }}>
        {({ stages, overall_conversion_rate: rate }) =>
          stages[0]?.users === 0 ? (
            <EmptyState title="Nobody entered">No event of the last 30 days meets stage 1. Pick another event, or wait for the first one.</EmptyState>
          ) : (
            <>
              <p className="mb-2">
                <span className="text-2xl font-semibold">{formatPercent(rate)}</span> <span className="text-quiet">of the last 30 days reach the end</span>
              </p>
              <FunnelBars stages={stages} unit="people" />
            </>
          )
        }
      </Asked>
    </Card>
  );
}
