import { useEffect, useRef } from "react";
import { Button, IconButton } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { CloseIcon, PlusIcon } from "@/ui/icons";

interface LinesProps {
  /** What all of them are: "Allowed origins". */
  label: string;
  about: string;
  /** What one of them is: "Origin". */
  one: string;
  /** What it means that there is none. */
  none: string;
  placeholder: string;
  lines: readonly string[];
  onChange: (lines: string[]) => void;
  /** The name of the field: what was refused stands under `name.0`. */
  name: string;
  fields: ReadonlyMap<string, string>;
}

/** A list of texts, a line each, with what was refused beside its line. */
export function Lines({ label, about, one, none, placeholder, lines, onChange, name, fields }: LinesProps) {
  const list = useRef<HTMLUListElement>(null);
  const isAdded = useRef(false);
  useEffect(() => {
    if (isAdded.current) list.current?.querySelector<HTMLInputElement>("li:last-child input")?.focus();
    isAdded.current = false;
  }, [lines.length]);
  const whole = fields.get(name);
  return (
    <fieldset className="min-w-0">
      <legend className="text-sm font-medium">{label}</legend>
      <p className="mb-2 text-sm text-quiet">{about}</p>
      {lines.length === 0 && <p className="text-sm">{none}</p>}
      <ul ref={list} className="flex flex-col gap-2">
        {lines.map((line, place) => (
          <li key={place} className="flex items-start gap-1">
            <TextField
              label={`${one} ${place + 1}`}
              isLabelHidden
              className="min-w-0 max-w-xl flex-1"
              placeholder={placeholder}
              value={line}
              onChange={({ target }) => onChange(lines.map((text, at) => (at === place ? target.value : text)))}
              error={fields.get(`${name}.${place}`)}
            />
            <IconButton className="in-disabled:hidden" label={`Remove ${line || `line ${place + 1}`}`} onClick={() => onChange(lines.filter((_, at) => at !== place))}>
              <CloseIcon />
            </IconButton>
          </li>
        ))}
      </ul>
      {whole && <p className="mt-1 text-sm text-danger">{whole}</p>}
      <Button
        look="quiet"
        className="mt-1 -ml-3.5 in-disabled:hidden"
        onClick={() => {
          isAdded.current = true;
          onChange([...lines, ""]);
        }}
      >
        <PlusIcon />
        {lines.length > 0 ? "Add another" : "Add one"}
      </Button>
    </fieldset>
  );
}
