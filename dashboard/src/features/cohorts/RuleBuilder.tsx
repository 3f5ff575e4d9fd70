import { Fragment } from "react";
import { Button } from "@/ui/Button";
import { PlusIcon } from "@/ui/icons";
import { GroupCard } from "./GroupCard";
import { HowField, Joint } from "./HowRules";
import { RuleCard } from "./RuleCard";
import { isGroup, newGroup, newRule, type Part, type Rules } from "./rules";

interface RuleBuilderProps {
  rules: Rules;
  projectId: string;
  /** Somebody has tried to save: what rules lack is said. */
  isTried: boolean;
  onChange: (rules: Rules) => void;
}

/** Rules and groups of rules: two levels, which is as deep as people read. */
export function RuleBuilder({ rules, projectId, isTried, onChange }: RuleBuilderProps) {
  const { how, parts } = rules;
  const change = (changed: Part) => onChange({ how, parts: parts.map((one) => (one.key === changed.key ? changed : one)) });
  const remove = parts.length > 1 ? (key: string) => onChange({ how, parts: parts.filter((one) => one.key !== key) }) : null;
  const add = (part: Part) => onChange({ how, parts: [...parts, part] });
  return (
    <>
      {parts.length > 1 && <HowField label="Everybody who meets" how={how} onChange={(chosen) => onChange({ how: chosen, parts })} />}
      <ol className="flex flex-col">
        {parts.map((part, place) => (
          <Fragment key={part.key}>
            {place > 0 && <Joint how={how} />}
            {isGroup(part) ? (
              <GroupCard group={part} label={`Group ${place + 1}`} {...{ projectId, isTried }} onChange={change} onRemove={remove && (() => remove(part.key))} />
            ) : (
              <RuleCard rule={part} label={`Rule ${place + 1}`} {...{ projectId, isTried }} onChange={change} onRemove={remove && (() => remove(part.key))} />
            )}
          </Fragment>
        ))}
      </ol>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button onClick={() => add(newRule())}>
          <PlusIcon />
          Add a rule
        </Button>
        <Button onClick={() => add(newGroup())}>
          <PlusIcon />
          Add a group
        </Button>
      </div>
    </>
  );
}
