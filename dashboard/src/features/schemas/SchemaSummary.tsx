import { Card } from "@/ui/surfaces";
import type { Summary } from "./summary";

/** What the text asks for, in words. */
export function SchemaSummary({ summary }: { summary: Summary | null }) {
  return (
    <Card>
      <h2>In words</h2>
      {!summary && <p className="text-sm text-quiet">The text is no schema yet; what it means is shown here once it is.</p>}
      {summary && (
        <>
          {summary.properties.length === 0 && <p className="mt-1 text-sm text-quiet">It says nothing of any property.</p>}
          <ul className="mt-2 divide-y divide-line text-sm">
            {summary.properties.map(({ path, depth, words, isRequired }) => (
              <li key={path} className="py-2" style={{ paddingLeft: `${depth * 0.75}rem` }}>
                <code className="font-semibold break-all">{path}</code>
                {isRequired && <span className="ml-2 rounded bg-accent-soft px-1.5 text-accent">required</span>}
                <span className="block break-words text-quiet">{words}</span>
              </li>
            ))}
          </ul>
          {summary.rules.map((rule) => (
            <p key={rule} className="mt-2 text-sm text-quiet">
              {rule}
            </p>
          ))}
        </>
      )}
    </Card>
  );
}
