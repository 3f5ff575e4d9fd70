import { SelectField, TextField } from "@/ui/Field";
import { NumberField } from "@/ui/NumberField";
import type { Rule, When } from "./rules";

const DAYS = 30;
const TIMES_MOST = 1_000_000;
const DAYS_MOST = 36_500;
const KINDS: readonly { kind: When["kind"]; words: string; begin: When }[] = [
  { kind: "last", words: "last … days", begin: { kind: "last", days: DAYS } },
  { kind: "between", words: "between days", begin: { kind: "between", start: "", end: "" } },
  { kind: "ever", words: "ever", begin: { kind: "ever" } },
];

/** How often, and when. */
export function RuleTime({ rule, onChange }: { rule: Rule; onChange: (changed: Partial<Rule>) => void }) {
  const { when, atLeast } = rule;
  const setWhen = (changed: When) => onChange({ when: changed });
  return (
    <div className="grid grid-cols-[2fr_3fr] items-end gap-2 sm:flex sm:flex-wrap">
      <NumberField label="Times, at least" className="sm:w-32" value={atLeast} most={TIMES_MOST} onChange={(times) => onChange({ atLeast: times })} />
      <SelectField
        label="When"
        className="sm:w-44"
        value={when.kind}
        onChange={({ target }) => setWhen(KINDS.find(({ kind }) => kind === target.value)?.begin ?? when)}
      >
        {KINDS.map(({ kind, words }) => (
          <option key={kind} value={kind}>
            {words}
          </option>
        ))}
      </SelectField>
      {when.kind === "last" && (
        <NumberField label="Days" className="sm:w-24" value={when.days} most={DAYS_MOST} onChange={(days) => setWhen({ ...when, days })} />
      )}
      {when.kind === "between" && (
        <>
          <TextField label="From" className="sm:w-40" type="date" value={when.start} onChange={({ target }) => setWhen({ ...when, start: target.value })} />
          <TextField label="To (empty: today)" className="sm:w-40" type="date" min={when.start} value={when.end} onChange={({ target }) => setWhen({ ...when, end: target.value })} />
        </>
      )}
    </div>
  );
}
