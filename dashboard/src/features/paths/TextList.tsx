import { useState } from "react";
import { Button } from "@/ui/Button";
import { SuggestField } from "@/ui/Field";
import { CloseIcon } from "@/ui/icons";

interface TextListProps {
  label: string;
  placeholder: string;
  values: readonly string[];
  suggestions?: readonly string[];
  onChange: (values: string[]) => void;
}

/** A few texts, one added at a time; each is a button that takes it out again. */
export function TextList({ label, placeholder, values, suggestions = [], onChange }: TextListProps) {
  const [text, setText] = useState("");
  const add = () => {
    const added = text.trim();
    setText("");
    if (added && !values.includes(added)) onChange([...values, added]);
  };
  return (
    <form
      className="min-w-0"
      onSubmit={(submit) => {
        submit.preventDefault();
        add();
      }}
    >
      <div className="flex items-end gap-2">
        <SuggestField
          label={label}
          className="min-w-0 grow"
          placeholder={placeholder}
          suggestions={suggestions.filter((one) => !values.includes(one))}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <Button type="submit" disabled={text.trim() === ""}>
          Add<span className="sr-only"> to “{label}”</span>
        </Button>
      </div>
      {values.length > 0 && (
        <ul className="mt-2 flex flex-wrap gap-1.5" aria-label={label}>
          {values.map((value) => (
            <li key={value} className="min-w-0">
              <button
                type="button"
                aria-label={`Take out ${value}`}
                className="flex max-w-full items-center gap-1 rounded-md bg-sunken py-1 pr-1.5 pl-2.5 text-sm hover:bg-accent-soft [&_svg]:size-3.5"
                onClick={() => onChange(values.filter((one) => one !== value))}
              >
                <span className="truncate">{value}</span>
                <CloseIcon />
              </button>
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}
