import { useState } from "react";
import { Button } from "@/ui/Button";
import { ConditionLines } from "./ConditionLines";
import type { Condition } from "./conditions";

interface FilterLinesProps {
  projectId: string;
  filter: readonly Condition[];
  onChange: (filter: Condition[]) => void;
}

/** The filter over all events of a question: a button until there is one. */
export function FilterLines({ projectId, filter, onChange }: FilterLinesProps) {
  const [isFiltering, setIsFiltering] = useState(filter.length > 0);
  if (!isFiltering && filter.length === 0) {
    const begin = () => {
      setIsFiltering(true);
      onChange([{ property: "", operator: "eq", value: "" }]);
    };
    return (
      <div>
        <Button look="quiet" onClick={begin}>
          Add a filter
        </Button>
      </div>
    );
  }
  const change = (changed: Condition[]) => {
    setIsFiltering(changed.length > 0);
    onChange(changed);
  };
  return <ConditionLines label="Only events where" projectId={projectId} conditions={filter} onChange={change} />;
}
