import { Fragment } from "react";
import { Button, IconButton } from "@/ui/Button";
import { SelectField } from "@/ui/Field";
import { CloseIcon, PlusIcon } from "@/ui/icons";
import { HowField, Joint } from "./HowRules";
import { RuleCard } from "./RuleCard";
import { newRule, type Rule, type RuleGroup } from "./rules";

interface GroupCardProps {
  group: RuleGroup;
  label: string;
  projectId: string;
  isTried: boolean;
  onChange: (group: RuleGroup) => void;
  /** null: it is the last there is. */
  onRemove: (() => void) | null;
}

/** Rules that are one rule together. */
export function GroupCard({ group, label, projectId, isTried, onChange, onRemove }: GroupCardProps) {
  const { rules, how } = group;
  const change = (changed: Rule) => onChange({ ...group, rules: rules.map((one) => (one.key === changed.key ? changed : one)) });
  const remove = rules.length > 1 ? (key: string) => onChange({ ...group, rules: rules.filter((one) => one.key !== key) }) : onRemove && (() => onRemove());
  return (
    <li aria-label={label} className="rounded-md border border-line bg-sunken p-3">
      <div className="flex items-start justify-between gap-2">
        <div className="flex flex-wrap gap-x-2">
          <SelectField label={label} className="mb-3 w-40" value={group.isNot ? "not" : ""} onChange={({ target }) => onChange({ ...group, isNot: target.value === "not" })}>
            <option value="">meets</option>
            <option value="not">does not meet</option>
          </SelectField>
          <HowField label="How many" how={how} onChange={(chosen) => onChange({ ...group, how: chosen })} />
        </div>
        {onRemove && (
          <IconButton label={`Remove ${label.toLowerCase()}`} onClick={onRemove}>
            <CloseIcon />
          </IconButton>
        )}
      </div>
      <ol className="flex flex-col">
        {rules.map((rule, place) => (
          <Fragment key={rule.key}>
            {place > 0 && <Joint how={how} />}
            <RuleCard
              rule={rule}
              label={`Rule ${place + 1} of ${label.toLowerCase()}`}
              {...{ projectId, isTried }}
              onChange={change}
              onRemove={remove && (() => remove(rule.key))}
            />
          </Fragment>
        ))}
      </ol>
      <Button className="mt-3" onClick={() => onChange({ ...group, rules: [...rules, newRule()] })}>
        <PlusIcon />
        Add a rule to {label.toLowerCase()}
      </Button>
    </li>
  );
}
