import { clsx } from "clsx";
import { formatCount, formatPercent, formatShort, plural } from "@/format/numbers";
import { shareOf } from "./flow";
import { LABEL_HEIGHT, type Box } from "./layout";
import { shortPercent } from "./short_percent";

const LONG_ITEM = 16;
const KEPT_END = 8;
const SHORT_FROM = 100_000; // counts that leave no room for the rest

interface NodeBoxProps {
  box: Box;
  walks: number;
  isChosen: boolean;
  onPoint: (isPointed: boolean) => void;
  onChoose?: () => void;
}

/** A node's label, and its bar: who went on, whose walk was cut or is complete, and who left. */
export function NodeBox({ box: { node, bar }, walks, isChosen, onPoint, onChoose }: NodeBoxProps) {
  const [begin, end] = halvesOf(node.item);
  const share = shareOf(node.reached, walks);
  const left = shareOf(node.dropped, node.reached);
  const content = (
    <>
      <span className="flex flex-col justify-end pb-1 leading-tight" style={{ height: LABEL_HEIGHT }}>
        <span className={clsx("flex text-[0.8125rem] font-medium whitespace-pre", node.shared !== null && "text-quiet italic")} title={node.item}>
          <span className="sr-only">Step {node.position}: </span>
          <span className="truncate">{begin}</span>
          {end}
        </span>
        <span className="flex justify-between gap-1 text-xs text-quiet tabular-nums">
          <span className="truncate" title={`${plural(node.reached, "walk")}, ${formatPercent(share)} of all`}>
            <span className="text-ink">{node.reached < SHORT_FROM ? formatCount(node.reached) : formatShort(node.reached)}</span>
            <span className="sr-only">{node.reached === 1 ? " walk" : " walks"}</span> · {shortPercent(share)}
          </span>
          {node.dropped > 0 && (
            <span className="shrink-0 text-chart-2" title={`${plural(node.dropped, "walk")}, ${formatPercent(left)} of these, end here`}>
              <span aria-hidden>↘ </span>
              {shortPercent(left)}
              <span className="sr-only"> left here</span>
            </span>
          )}
        </span>
      </span>
      <span aria-hidden className="flex flex-col overflow-hidden rounded-xs" style={{ height: bar }}>
        <span className="bg-chart-1" style={{ flexGrow: node.continued }} />
        <span className="bg-chart-1/45" style={{ flexGrow: node.ended }} />
        <span className="bg-[repeating-linear-gradient(135deg,var(--color-chart-2)_0_3px,transparent_3px_6px)]" style={{ flexGrow: node.dropped }} />
      </span>
    </>
  );
  const pointing = { onMouseEnter: () => onPoint(true), onFocus: () => onPoint(true), onBlur: () => onPoint(false) };
  if (!onChoose) return <div {...pointing}>{content}</div>;
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      className={clsx("block w-full rounded-sm text-left outline-offset-1", isChosen && "ring-2 ring-accent ring-offset-2 ring-offset-surface")}
      onClick={onChoose}
      {...pointing}
    >
      {content}
    </button>
  );
}

/** Where there is no room, the middle goes: pages of one folder differ in their ends. */
function halvesOf(item: string): [string, string] {
  const letters = [...item];
  if (letters.length < LONG_ITEM) return [item, ""];
  return [letters.slice(0, -KEPT_END).join(""), letters.slice(-KEPT_END).join("")];
}
