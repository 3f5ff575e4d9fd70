import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { Receipt } from "@/api/types";
import { useProject } from "@/app/project";
import { formatMoment, formatRange } from "@/format/times";
import { Button } from "@/ui/Button";
import { SelectField } from "@/ui/Field";
import { Progress } from "@/ui/Progress";
import { ErrorNotice } from "@/ui/surfaces";
import { readJson } from "./base_view";
import { FiguresThen } from "./FiguresThen";
import { rangeIn } from "./receipt_range";
import { earlierThan, isReceipt, receiptMemory } from "./receipt_memory";
import { replayQuery, whyQuery } from "./receipt_queries";
import { WhyTable } from "./WhyTable";

const PASTED = "pasted";

interface WhyChangedProps {
  receipt: Receipt;
  /** The page that it is on. */
  place: string;
}

/** Compares an answer with an earlier one to the same question, or asks that one again as it was. */
export default function WhyChanged({ receipt, place }: WhyChangedProps) {
  const project = useProject();
  const [known] = useState(() => earlierThan(receiptMemory.read(project.id), { place, receipt }));
  const [chosen, setChosen] = useState(known.length > 0 ? "0" : PASTED);
  const [pasted, setPasted] = useState("");
  const [asked, setAsked] = useState<{ earlier: Receipt; what: "why" | "replay" } | null>(null);
  const earlier = chosen === PASTED ? readReceipt(pasted) : (known[Number(chosen)] ?? null);
  const ask = (what: "why" | "replay") => earlier && setAsked({ earlier, what });
  return (
    <section aria-label="Why did this change?" className="mt-4 border-t border-line pt-3">
      <h2 className="text-ink">Why did this change?</h2>
      {known.length === 0 && (
        <p className="mt-1 max-w-prose">
          This browser keeps the first receipt of each question and day to compare with later, and has none of this question
          from before. You may paste one that you have kept.
        </p>
      )}
      <div className="mt-2 flex flex-col gap-3 text-ink">
        {known.length > 0 && (
          <SelectField label="Compare with what it said on" className="max-w-md" value={chosen} onChange={({ target }) => setChosen(target.value)}>
            {known.map((one, at) => (
              <option key={one.signature} value={at}>
                {labelOf(one, project.timezone)}
              </option>
            ))}
            <option value={PASTED}>A receipt that I paste …</option>
          </SelectField>
        )}
        {chosen === PASTED && <PastedReceipt text={pasted} isWrong={pasted !== "" && !earlier} onChange={setPasted} />}
        <div className="flex flex-wrap gap-2">
          <Button disabled={!earlier} onClick={() => ask("why")}>
            Say why it changed
          </Button>
          <Button disabled={!earlier} onClick={() => ask("replay")}>
            Ask again as it was
          </Button>
        </div>
        {asked && <Answered key={`${asked.earlier.signature}-${asked.what}`} {...asked} receipt={receipt} />}
      </div>
    </section>
  );
}

function PastedReceipt({ text, isWrong, onChange }: { text: string; isWrong: boolean; onChange: (text: string) => void }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-medium">
        Earlier receipt
      </label>
      <textarea
        id={id}
        rows={3}
        spellCheck={false}
        value={text}
        aria-invalid={isWrong || undefined}
        aria-describedby={isWrong ? `${id}-error` : undefined}
        onChange={({ target }) => onChange(target.value)}
        className="w-full rounded-md border border-line-strong bg-surface px-3 py-1.5 font-mono text-xs"
      />
      {isWrong && (
        <p id={`${id}-error`} className="text-danger">
          This is no receipt: copy it as a whole, from the first brace to the last.
        </p>
      )}
    </div>
  );
}

interface AnsweredProps {
  receipt: Receipt;
  earlier: Receipt;
  what: "why" | "replay";
}

function Answered({ receipt, earlier, what }: AnsweredProps) {
  const project = useProject();
  const then = useQuery(replayQuery(earlier));
  const why = useQuery({ ...whyQuery(earlier, receipt), enabled: what === "why" });
  const failed = then.isError ? then : why.isError ? why : null;
  if (failed) return <ErrorNotice error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!then.data || (what === "why" && !why.data)) {
    return (
      <div aria-busy>
        <p role="status">Counting as it was on {formatMoment(earlier.answered_at, project.timezone)}.</p>
        <Progress />
      </div>
    );
  }
  const when = formatMoment(earlier.answered_at, project.timezone);
  if (what === "replay" || !why.data) return <FiguresThen replayed={then.data} when={when} events={earlier.events} />;
  return <WhyTable difference={why.data} replayed={then.data} when={when} />;
}

function labelOf(receipt: Receipt, timezone: string): string {
  const range = rangeIn(receipt);
  return formatMoment(receipt.answered_at, timezone) + (range ? ` (of ${formatRange(range.start, range.end)})` : "");
}

function readReceipt(text: string): Receipt | null {
  const found = readJson(text.trim());
  return isReceipt(found) ? found : null;
}
