import { EventPicker } from "@/questions/EventPicker";
import { IconButton } from "@/ui/Button";
import { SelectField } from "@/ui/Field";
import { CloseIcon } from "@/ui/icons";
import { EMPTY_LINE, RuleFilter } from "./RuleFilter";
import { RuleTime } from "./RuleTime";
import { lackOf, type Rule } from "./rules";

const VERBS = {
  did: ["did", false],
  not_did: ["did", true],
  filter: ["filter", false],
  not_filter: ["filter", true],
} as const satisfies Record<string, readonly [Rule["kind"], boolean]>;
type Verb = keyof typeof VERBS;
const WORDS: Record<Verb, string> = {
  did: "did",
  not_did: "did not do",
  filter: "has an event where",
  not_filter: "has no event where",
};

interface RuleCardProps {
  rule: Rule;
  label: string;
  projectId: string;
  isTried: boolean;
  onChange: (rule: Rule) => void;
  /** null: it is the last there is. */
  onRemove: (() => void) | null;
}

/** One rule: what was done how often and when, or which events somebody has. */
export function RuleCard({ rule, label, projectId, isTried, onChange, onRemove }: RuleCardProps) {
  const change = (changed: Partial<Rule>) => onChange({ ...rule, ...changed });
  const verb: Verb = `${rule.isNot ? "not_" : ""}${rule.kind}`;
  const isDid = rule.kind === "did";
  const lack = isTried ? lackOf(rule) : null;
  return (
    <li aria-label={label} className="flex flex-col gap-3 rounded-md border border-line bg-surface p-3">
      <div className="flex items-end gap-2">
        <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-[14rem_minmax(0,1fr)]">
          <SelectField
            label={label}
            value={verb}
            onChange={({ target }) => {
              const [kind, isNot] = VERBS[target.value as Verb];
              const isBegun = kind === "did" || rule.conditions.length > 0;
              change({ kind, isNot, conditions: isBegun ? rule.conditions : [EMPTY_LINE] });
            }}
          >
            {(Object.keys(VERBS) as Verb[]).map((one) => (
              <option key={one} value={one}>
                {WORDS[one]}
              </option>
            ))}
          </SelectField>
          {isDid && <EventPicker label="Event" projectId={projectId} value={rule.eventType} onChange={(eventType) => change({ eventType })} />}
        </div>
        {onRemove && (
          <IconButton label={`Remove ${label.toLowerCase()}`} onClick={onRemove}>
            <CloseIcon />
          </IconButton>
        )}
      </div>
      {isDid && <RuleTime rule={rule} onChange={change} />}
      <RuleFilter rule={rule} projectId={projectId} onChange={change} />
      {lack && (
        <p role="alert" className="text-sm text-danger">
          {lack}
        </p>
      )}
    </li>
  );
}
