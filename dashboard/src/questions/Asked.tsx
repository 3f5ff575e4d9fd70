import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import type { ReactNode } from "react";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { Progress } from "@/ui/Progress";
import { answerQuery, type Answer, type Body, type Kind } from "./answers";
import { HowCounted } from "./HowCounted";

interface AskedProps<K extends Kind> {
  kind: K;
  body: Body<K>;
  children: (answer: Answer<K>) => ReactNode;
}

/** Asks, and shows what comes: a skeleton first, the old figures greyed while newer ones are counted, errors above those of before. */
export function Asked<K extends Kind>({ kind, body, children }: AskedProps<K>) {
  const answer = useQuery(answerQuery(kind, body));
  if (answer.isPending) {
    return (
      <>
        <Progress />
        <Skeleton className="h-72" label="Counting" />
      </>
    );
  }
  const failed = answer.isError && <ErrorNotice error={answer.error} onRetry={() => void answer.refetch()} />;
  if (!answer.data) return failed;
  return (
    <div aria-busy={answer.isFetching}>
      {failed && <div className="mb-4">{failed}</div>}
      {answer.isFetching && <Progress />}
      <div className={clsx(answer.isPlaceholderData && "opacity-60 transition-opacity")}>{children(answer.data)}</div>
      <HowCounted receipt={answer.data.receipt} />
    </div>
  );
}
