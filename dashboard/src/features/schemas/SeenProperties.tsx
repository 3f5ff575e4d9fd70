import type { SchemaDraft } from "@/api/types";
import { formatPercent } from "@/format/numbers";

/** What a draft was made of: how many events have each property, and as what. */
export function SeenProperties({ seen }: { seen: SchemaDraft["seen"] }) {
  return (
    <details className="text-sm">
      <summary className="w-fit text-quiet">What was seen of each property</summary>
      <div className="mt-2 max-h-80 overflow-auto" tabIndex={0} role="region" aria-label="What was seen of each property">
        <table className="w-full max-w-3xl">
          <thead>
            <tr className="border-b border-line text-left text-quiet">
              <th scope="col" className="py-1 pr-4 font-medium">Property</th>
              <th scope="col" className="px-4 py-1 text-right font-medium">In so many events</th>
              <th scope="col" className="py-1 pl-4 font-medium">Reads as</th>
            </tr>
          </thead>
          <tbody>
            {seen.properties.map(({ name, events, types }) => (
              <tr key={name} className="border-b border-line last:border-0">
                <th scope="row" className="py-1 pr-4 text-left font-medium break-words">{name}</th>
                <td className="px-4 py-1 text-right">{formatPercent((100 * events) / seen.events)}</td>
                <td className="py-1 pl-4">
                  {Object.entries(types)
                    .map(([type, count]) => (count === events ? type : `${type} (${formatPercent((100 * count) / events)})`))
                    .join(", ")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {seen.has_more && <p className="mt-1 text-quiet">There are more properties, less frequent, which the draft leaves out.</p>}
    </details>
  );
}
