import { useState } from "react";
import { TextField } from "@/ui/Field";
import { GAP_MAX, gapIn } from "./view";

/** The longest pause within a session; what is typed on the way to a number stays in sight, and is not asked. */
export function GapField({ value, onChange }: { value: number; onChange: (minutes: number) => void }) {
  const [typed, setTyped] = useState(String(value));
  const isWrong = gapIn(Number(typed)) === null;
  return (
    <TextField
      label="Longer than (minutes)"
      className="w-40 grow sm:w-44 sm:grow-0"
      type="number"
      min={1}
      max={GAP_MAX}
      error={isWrong ? `From 1 to ${GAP_MAX}.` : undefined}
      value={isWrong ? typed : value}
      onChange={({ target }) => {
        setTyped(target.value);
        const minutes = gapIn(target.valueAsNumber);
        if (minutes !== null) onChange(minutes);
      }}
    />
  );
}
