import { useEffect, useState } from "react";

const PAUSE_MILLISECONDS = 400;

/** A value that is being typed, once nothing has changed for a moment. */
export function useSettled<T>(value: T): T {
  const text = JSON.stringify(value);
  const [settled, setSettled] = useState({ text, value });
  useEffect(() => {
    if (text === settled.text) return undefined;
    const timer = setTimeout(() => setSettled({ text, value }), PAUSE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [text, value, settled.text]);
  return settled.value;
}
