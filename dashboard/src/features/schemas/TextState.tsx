import { Button } from "@/ui/Button";
import type { JsonFault } from "./json_text";

interface TextStateProps {
  id: string;
  fault: JsonFault | null;
  onLine: (line: number) => void;
  /** Null where there is nothing to set out anew. */
  onTidy: (() => void) | null;
}

/** Whether the text is JSON, and if not, where it stops being it. */
export function TextState({ id, fault, onLine, onTidy }: TextStateProps) {
  return (
    <div className="mt-2 flex min-h-9 flex-wrap items-center justify-between gap-3 text-sm">
      <p id={id} role="status">
        {fault ? (
          <span className="text-danger">
            <strong>
              Line {fault.line}, column {fault.column}:
            </strong>{" "}
            {fault.message}
          </span>
        ) : (
          <span className="text-quiet">Good JSON. The schema is draft 2020-12.</span>
        )}
      </p>
      {fault && (
        <Button look="quiet" onClick={() => onLine(fault.line)}>
          Go to line {fault.line}
        </Button>
      )}
      {onTidy && (
        <Button look="quiet" onClick={onTidy}>
          Set out evenly
        </Button>
      )}
    </div>
  );
}
