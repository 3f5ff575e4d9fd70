import { clsx } from "clsx";
import type { StageAnswer } from "@/api/types";
import { formatCount, formatPercent } from "@/format/numbers";
import { formatDuration } from "@/format/times";
import type { BehindChoice } from "./view";

interface FunnelBarsProps {
  stages: readonly StageAnswer[];
  previous?: readonly StageAnswer[] | undefined;
  unit: string;
  behind?: BehindChoice | null;
  /** Where there is nobody to show behind a bar (the preview), bars are no buttons. */
  onBehind?: (behind: BehindChoice) => void;
  /** Among other charts: thinner, and what lies between two bars only where there is room for it. */
  isCompact?: boolean;
}

/** A bar for each stage, as long as the share of the first; between two of them, who went on and who stopped. */
export function FunnelBars({ stages, previous, unit, behind, onBehind, isCompact = false }: FunnelBarsProps) {
  return (
    <ol className={clsx("flex flex-col", isCompact && "-mx-2")}>
      {stages.map((stage, place) => (
        <li key={stage.order}>
          {place > 0 && (
            <Between stage={stage} unit={unit} isChosen={isChosen(behind, stage.order, "dropped")} onBehind={onBehind} isCompact={isCompact} />
          )}
          <Bar stage={stage} before={previous?.[place]} unit={unit} isChosen={isChosen(behind, stage.order, "reached")} onBehind={onBehind} isCompact={isCompact} />
        </li>
      ))}
    </ol>
  );
}

interface PartProps {
  stage: StageAnswer;
  unit: string;
  isChosen: boolean;
  onBehind: FunnelBarsProps["onBehind"];
  isCompact: boolean;
}

function Bar({ stage, before, unit, isChosen: isOpen, onBehind, isCompact }: PartProps & { before?: StageAnswer | undefined }) {
  const content = (
    <>
      <span className="flex items-baseline justify-between gap-3">
        <span className="min-w-0 font-medium break-words">
          <span className="mr-2 text-quiet">{stage.order}</span>
          {stage.stage_name}
        </span>
        <span className="shrink-0 text-right tabular-nums">
          <span className="font-semibold">{formatCount(stage.users)}</span>
          <span className="sr-only"> {unit}, </span>
          <span className="ml-2 inline-block min-w-14 text-right text-quiet">{formatPercent(stage.conversion_rate)}</span>
        </span>
      </span>
      <span aria-hidden className={clsx("mt-1.5 block rounded bg-sunken", isCompact ? "h-4" : "h-7")}>
        <span className="block h-full rounded bg-chart-1" style={{ width: `${stage.conversion_rate}%` }} />
      </span>
      {before && (
        <span className="mt-1 block">
          <span aria-hidden className="block h-1.5 rounded bg-sunken">
            <span className="block h-full rounded bg-line-strong" style={{ width: `${before.conversion_rate}%` }} />
          </span>
          <span className="flex justify-end text-sm text-quiet tabular-nums">
            <span>before: {formatCount(before.users)}</span>
            <span className="ml-2 min-w-14 text-right">{formatPercent(before.conversion_rate)}</span>
          </span>
        </span>
      )}
    </>
  );
  const look = "block w-full rounded-md p-2 text-left";
  if (!onBehind) return <div className={look}>{content}</div>;
  return (
    <button
      type="button"
      aria-pressed={isOpen}
      className={clsx(look, "hover:bg-accent-soft", isOpen && "bg-accent-soft")}
      onClick={() => onBehind({ stage: stage.order, which: "reached", value: null })}
    >
      {content}
      <span className="sr-only">Show who they are</span>
    </button>
  );
}

function Between({ stage, unit, isChosen: isOpen, onBehind, isCompact }: PartProps) {
  const stopped = `${formatPercent(stage.drop_off_rate)} stopped here`;
  return (
    <p className={clsx("ml-3 flex flex-wrap items-center gap-x-4 gap-y-0.5 border-l-2 border-line py-1.5 pl-4 text-sm text-quiet", isCompact && "@max-xl:hidden")}>
      <span>{formatPercent(stage.step_conversion_rate)} went on</span>
      {onBehind ? (
        <button
          type="button"
          aria-pressed={isOpen}
          className={clsx("rounded underline decoration-dotted underline-offset-4 hover:text-ink", isOpen && "bg-accent-soft text-ink")}
          onClick={() => onBehind({ stage: stage.order, which: "dropped", value: null })}
        >
          {stopped}
          <span className="sr-only"> before {stage.stage_name}. Show who they are</span>
        </button>
      ) : (
        <span>{stopped}</span>
      )}
      {stage.median_seconds_from_previous !== null && (
        <span title={`${formatDuration(stage.average_seconds_from_previous)} on average`}>
          median {formatDuration(stage.median_seconds_from_previous)}
        </span>
      )}
      {stage.pending !== null && stage.pending > 0 && (
        <span title="Their conversion window is still open">
          {formatCount(stage.pending)} {unit} may still come
        </span>
      )}
    </p>
  );
}

function isChosen(behind: BehindChoice | null | undefined, stage: number, which: BehindChoice["which"]): boolean {
  return behind?.stage === stage && behind.which === which && behind.value === null;
}
