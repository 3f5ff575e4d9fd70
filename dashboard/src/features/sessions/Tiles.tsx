import { formatChange } from "@/format/numbers";
import type { Tile } from "./figures";

/** Figures of the whole range, each with what it was before. */
export function Tiles({ tiles }: { tiles: readonly Tile[] }) {
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-5 sm:grid-cols-3">
      {tiles.map(({ name, about, text, before, change }) => (
        <div key={name} className="flex min-w-0 flex-col">
          <dt className="text-sm text-quiet">{name}</dt>
          <dd className="text-2xl font-semibold tracking-tight">{text}</dd>
          <dd className="text-sm text-quiet">{before === null ? about : `${formatChange(change)} · ${before} before`}</dd>
        </div>
      ))}
    </dl>
  );
}
