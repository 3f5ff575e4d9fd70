import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { useEffect, useState, type ReactNode } from "react";
import type { FunnelAnswer, FunnelBody } from "@/api/types";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { funnelAnswerQuery } from "./funnel_queries";
import { HowCounted } from "./HowCounted";

interface FiguresProps {
  body: FunnelBody;
  children: (answer: FunnelAnswer) => ReactNode;
}

/** Asks, and shows what comes: a skeleton first, the old figures greyed while newer ones are counted, errors. */
export function Figures({ body, children }: FiguresProps) {
  const answer = useQuery(funnelAnswerQuery(body));
  if (answer.isPending) return <Skeleton className="h-72" label="Counting" />;
  if (answer.isError) return <ErrorNotice error={answer.error} onRetry={() => void answer.refetch()} />;
  return (
    <div aria-busy={answer.isFetching}>
      {answer.isFetching && <Progress />}
      <div className={clsx(answer.isPlaceholderData && "opacity-60 transition-opacity")}>{children(answer.data)}</div>
      <HowCounted receipt={answer.data.receipt} dateRange={answer.data.date_range} />
    </div>
  );
}

const SAID_AFTER_MILLISECONDS = 1000;

/** For what takes longer than a second: that it goes on, and for how long it has. */
function Progress() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), SAID_AFTER_MILLISECONDS);
    return () => clearInterval(timer);
  }, []);
  if (seconds === 0) return null;
  return (
    <p role="status" className="mb-2 text-sm text-quiet">
      Counting … {seconds} s
    </p>
  );
}
