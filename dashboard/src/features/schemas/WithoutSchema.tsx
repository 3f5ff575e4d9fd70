import { Link } from "react-router";
import type { CatalogueType } from "@/api/types";
import { formatShort } from "@/format/numbers";

const SHOWN_MAX = 12;

interface WithoutSchemaProps {
  /** As they were seen lately, most frequent first. */
  types: readonly CatalogueType[];
  taken: readonly string[];
  /** Whether `taken` are all there are. */
  isWhole: boolean;
}

/** What comes in and is not checked: each leads to a schema of its own. */
export function WithoutSchema({ types, taken, isWhole }: WithoutSchemaProps) {
  const others = types.filter(({ event_type: type }) => !taken.includes(type)).slice(0, SHOWN_MAX);
  if (!isWhole || others.length === 0) return null;
  return (
    <section className="mt-6">
      <h2>Seen lately, and not checked</h2>
      <ul className="mt-2 flex flex-wrap gap-2">
        {others.map(({ event_type: type, count }) => (
          <li key={type}>
            <Link to={`new?event_type=${encodeURIComponent(type)}`} className="inline-flex min-h-9 items-center gap-2 rounded-md border border-line bg-surface px-3 py-1 text-sm break-all hover:bg-sunken">
              {type} <span className="text-quiet">{formatShort(count)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
