import { ConditionLines } from "@/questions/ConditionLines";
import type { Condition } from "@/questions/conditions";
import { Button } from "@/ui/Button";
import type { Rule } from "./rules";

export const EMPTY_LINE: Condition = { property: "", operator: "eq", value: "" };

interface RuleFilterProps {
  rule: Rule;
  projectId: string;
  onChange: (changed: Partial<Rule>) => void;
}

/** Which events a rule looks at: lines, or a filter that lines cannot say. */
export function RuleFilter({ rule, projectId, onChange }: RuleFilterProps) {
  const isDid = rule.kind === "did";
  if (rule.kept) {
    return (
      <div className="rounded-md bg-sunken p-2 text-sm">
        <p>This filter was made through the API, and stays as it is:</p>
        <pre tabIndex={0} aria-label="Filter" className="my-1 overflow-x-auto text-xs">
          {JSON.stringify(rule.kept)}
        </pre>
        <Button onClick={() => onChange({ kept: null })}>Remove it</Button>
      </div>
    );
  }
  if (isDid && rule.conditions.length === 0) {
    return (
      <div>
        <Button look="quiet" onClick={() => onChange({ conditions: [EMPTY_LINE] })}>
          Only where …
        </Button>
      </div>
    );
  }
  return (
    <ConditionLines
      label={isDid ? "Only where" : "Where"}
      projectId={projectId}
      eventType={isDid ? rule.eventType : ""}
      conditions={rule.conditions}
      onChange={(conditions) => onChange({ conditions })}
      hasCohorts={false}
    />
  );
}
