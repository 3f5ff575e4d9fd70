import { useRef } from "react";
import { CopyButton } from "./CopyButton";
import { TextField } from "./Field";

/** A text that is told once, to be taken away. */
export function CopyField({ label, text }: { label: string; text: string }) {
  const shown = useRef<HTMLInputElement>(null);
  return (
    <div className="flex flex-wrap items-end gap-2">
      <TextField ref={shown} label={label} readOnly value={text} className="min-w-0 flex-1 basis-52" onFocus={({ target }) => target.select()} />
      <CopyButton text={text} shown={shown} look="primary" />
    </div>
  );
}
