import type { DryRunAnswer } from "@/api/types";
import { formatCount, formatPercent, plural } from "@/format/numbers";
import { formatRange } from "@/format/times";
import { ExampleEvents } from "./ExampleEvents";
import { placeWords, ruleWords } from "./rules";

/** How stored events would fare: how many, by which rules, and some of them to look at. */
export function DryRunResult({ answer }: { answer: DryRunAnswer }) {
  const { checked, failing, undecided, failures, ambiguous, sample, event_type: eventType } = answer;
  const days = formatRange(answer.date_range.start, answer.date_range.end);
  if (checked === 0) {
    return (
      <p role="status">
        No event of the type <strong className="break-all">{eventType}</strong> is stored of these days ({days}): there is nothing to try it on. Choose more days.
      </p>
    );
  }
  return (
    <div className="flex flex-col gap-4">
      <div role="status">
        <p className="text-lg font-semibold">
          {failing === 0 && undecided === 0 ? `All ${plural(checked, "event")} would pass` : `${formatCount(failing)} of ${plural(checked, "event")} would fail`}
        </p>
        <p className="text-sm text-quiet">
          {days}
          {sample && `; a sample of ${formatCount(sample.size)} of ${plural(sample.of, "event")}`}
          {undecided > 0 && `; with those that cannot be decided, ${formatCount(failing + undecided)} at the most`}.
        </p>
      </div>
      <Shares answer={answer} />
      {failures.length > 0 && (
        <section>
          <h3>What they fail by</h3>
          <p className="text-sm text-quiet">An event that breaks several rules is in several lines.</p>
          <ul className="mt-1 divide-y divide-line">
            {failures.map(({ place, rule, events, examples }) => (
              <li key={`${place} ${rule}`} className="py-2">
                <p className="flex flex-wrap items-baseline justify-between gap-x-4">
                  <span>
                    <code className="font-semibold break-all">{placeWords(place)}</code> {ruleWords(rule)}
                  </span>
                  <span className="text-sm text-quiet tabular-nums">
                    {plural(events, "event")}, {formatPercent((100 * events) / checked)}
                  </span>
                </p>
                <ExampleEvents ids={examples} of={`${placeWords(place)} ${ruleWords(rule)}`} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {ambiguous.length > 0 && (
        <section>
          <h3>What cannot be decided</h3>
          <p className="text-sm text-quiet">Stored values are texts: 12.5 may have been sent as a number or as text. Where only one of both passes, the sender’s code must tell.</p>
          <ul className="mt-1 divide-y divide-line">
            {ambiguous.map(({ place, events, examples }) => (
              <li key={place} className="py-2">
                <p className="flex flex-wrap items-baseline justify-between gap-x-4">
                  <code className="font-semibold break-all">{placeWords(place)}</code>
                  <span className="text-sm text-quiet tabular-nums">{plural(events, "event")}</span>
                </p>
                <ExampleEvents ids={examples} of={placeWords(place)} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function Shares({ answer: { checked, passing, failing, undecided } }: { answer: DryRunAnswer }) {
  const parts = [
    { name: "would pass", events: passing, look: "bg-good" },
    { name: "would fail", events: failing, look: "bg-danger" },
    { name: "cannot be decided", events: undecided, look: "bg-line-strong" },
  ].filter(({ events }) => events > 0);
  return (
    <div>
      <div aria-hidden className="flex h-3 gap-0.5 overflow-hidden rounded-full">
        {parts.map(({ name, events, look }) => (
          <div key={name} className={look} style={{ flexGrow: events, flexBasis: "4px" }} />
        ))}
      </div>
      <ul className="mt-2 flex flex-wrap gap-x-5 gap-y-1 text-sm">
        {parts.map(({ name, events, look }) => (
          <li key={name} className="flex items-center gap-2">
            <span aria-hidden className={`size-3 rounded-sm ${look}`} />
            <span>
              <strong>{formatCount(events)}</strong> {name} <span className="text-quiet">({formatPercent((100 * events) / checked)})</span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
