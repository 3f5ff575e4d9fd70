import { useState } from "react";
import { TextField } from "./Field";

interface NumberFieldProps {
  label: string;
  className?: string;
  value: number;
  least?: number;
  most: number;
  onChange: (value: number) => void;
}

/** A whole number within bounds; what is not one stays in the field and changes nothing. */
export function NumberField({ label, className, value, least = 1, most, onChange }: NumberFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const isGood = (text: string): boolean => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most;
  return (
    <TextField
      label={label}
      {...(className ? { className } : {})}
      type="number"
      required
      min={least}
      max={most}
      value={typed ?? value}
      error={typed !== null && !isGood(typed) ? `${least} to ${most}` : undefined}
      onChange={({ target }) => {
        setTyped(target.value);
        if (isGood(target.value)) onChange(Number(target.value));
      }}
      onBlur={() => setTyped(null)}
    />
  );
}
