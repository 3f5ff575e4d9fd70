import type { ReactNode } from "react";
import { ApiError } from "@/api/error";
import { ErrorNotice } from "@/ui/surfaces";
import { FaultLines } from "./FaultLines";

interface SchemaRefusalProps {
  error: unknown;
  lineOf: (path: string) => number;
  onLine: (line: number) => void;
  /** Instead of the API's own. */
  title?: string;
  children?: ReactNode;
}

/** Why the API does not take a schema, with the lines of the text that it speaks of. */
export function SchemaRefusal({ error, lineOf, onLine, title, children }: SchemaRefusalProps) {
  if (!(error instanceof ApiError) || error.fields.size === 0) return <ErrorNotice error={error} />;
  return (
    <div role="alert" className="rounded-md border border-danger/40 bg-danger-soft p-4 text-sm">
      <p className="font-medium text-danger">{title ?? "The schema is not taken."}</p>
      <FaultLines fields={error.fields} lineOf={lineOf} onLine={onLine} />
      {children}
    </div>
  );
}
