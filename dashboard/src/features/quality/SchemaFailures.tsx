import { Link } from "react-router";
import type { Quality } from "@/api/types";
import { formatCount } from "@/format/numbers";
import { ruleWords } from "@/features/schemas/rules";
import { Card } from "@/ui/surfaces";

interface SchemaFailuresProps {
  failures: Quality["schema_failures"];
  /** The address of the schemas; null for who may not see them. */
  schemasAt: string | null;
}

/** Events that are not what the schema of their type asks for, taken or refused; not there where none are. */
export function SchemaFailures({ failures, schemasAt }: SchemaFailuresProps) {
  if (failures.length === 0) return null;
  return (
    <Card>
      <h2>Failing their schema</h2>
      <p className="text-sm text-quiet">
        Taken or refused, as the schema’s mode says; each event by the first rule that it breaks. Open the schema, and try a change on stored events before you save it.
      </p>
      <div className="mt-3 overflow-x-auto" tabIndex={0} role="region" aria-label="Failing their schema">
        <table className="w-full text-sm">
          <thead>
            <tr className="border-b border-line text-left text-quiet">
              <th scope="col" className="py-2 pr-4 font-medium">Event type</th>
              <th scope="col" className="px-4 py-2 font-medium">Rule</th>
              <th scope="col" className="px-4 py-2 font-medium">Version</th>
              <th scope="col" className="py-2 pl-4 text-right font-medium">Events</th>
            </tr>
          </thead>
          <tbody>
            {failures.map((one) => (
              <tr key={`${one.schema_id}-${one.schema_version}-${one.rule}-${one.event_type}`} className="border-b border-line last:border-0">
                <th scope="row" className="min-w-32 py-1.5 pr-4 text-left font-medium break-words">
                  {schemasAt ? (
                    <Link className="link" to={`${schemasAt}/${one.schema_id}`}>
                      {one.event_type}
                    </Link>
                  ) : (
                    one.event_type
                  )}
                </th>
                <td className="min-w-40 px-4 py-1.5">
                  {ruleWords(one.rule)} <code className="text-quiet">{one.rule}</code>
                </td>
                <td className="px-4 py-1.5">{one.schema_version}</td>
                <td className="py-1.5 pl-4 text-right">{formatCount(one.events)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
