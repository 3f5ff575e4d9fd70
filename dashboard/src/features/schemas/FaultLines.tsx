import { isOfSchema, pathIn } from "./fault_paths";

interface FaultLinesProps {
  /** As the API names them: `schema.properties.amount.type`. */
  fields: ReadonlyMap<string, string>;
  lineOf: (path: string) => number;
  onLine: (line: number) => void;
}

/** What the API says of a schema, each with the line that it is about. */
export function FaultLines({ fields, lineOf, onLine }: FaultLinesProps) {
  return (
    <ul className="mt-2 flex flex-col gap-1">
      {[...fields].map(([field, message]) => {
        const line = lineOf(pathIn(field));
        return (
          <li key={field}>
            {isOfSchema(field) && (
              <button type="button" className="mr-2 text-accent underline underline-offset-2" onClick={() => onLine(line)}>
                Line {line}
              </button>
            )}
            <code className="break-all">{pathIn(field) || "the schema"}</code>: {message}
          </li>
        );
      })}
    </ul>
  );
}
