import { useEffect, useState } from "react";
import { formatCount } from "@/format/numbers";
import { lastMinute, MINUTE_SECONDS, type Received } from "./received";

const HEIGHT = 30;
const LEAST_BAR = 2;

/** How many events came in the last minute, of whatever type, and a bar for each of its seconds. */
export function LastMinute({ received, ahead }: { received: Received; ahead: number }) {
  const now = useSeconds(ahead);
  const counts = lastMinute(received, now);
  const sum = counts.reduce((all, one) => all + one, 0);
  const most = Math.max(1, ...counts);
  const isComplete = received.countedFrom <= now - MINUTE_SECONDS + 1;
  return (
    <div className="flex w-full items-end gap-4 sm:w-auto">
      <p className="leading-tight">
        <span className="text-2xl font-semibold tracking-tight tabular-nums" title={isComplete ? undefined : "Or more: there were others before this page was opened."}>
          {formatCount(sum)}
          {!isComplete && sum > 0 && "+"}
        </span>{" "}
        <span className="text-sm whitespace-nowrap text-quiet">{sum === 1 ? "event" : "events"} in the last minute</span>
      </p>
      <svg aria-hidden className="h-[30px] w-0 grow sm:w-60 sm:grow-0" viewBox={`0 0 ${MINUTE_SECONDS} ${HEIGHT}`} preserveAspectRatio="none">
        <rect y={HEIGHT - 1} width={MINUTE_SECONDS} height="1" className="fill-line" />
        {counts.map((count, place) => {
          const height = count === 0 ? 0 : Math.max(LEAST_BAR, (count / most) * HEIGHT);
          return <rect key={place} x={place + 0.1} y={HEIGHT - height} width="0.8" height={height} className="fill-chart-1" />;
        })}
      </svg>
    </div>
  );
}

/** The server's clock in whole seconds. */
function useSeconds(ahead: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return Math.floor((now + ahead) / 1000);
}
