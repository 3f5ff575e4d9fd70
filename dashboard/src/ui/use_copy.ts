import { useCallback, useEffect, useState, type RefObject } from "react";

const SAID_MILLISECONDS = 4000;
type Copied = "copied" | "selected" | null;

/** Copies a text. Where the browser allows no clipboard (plain http), the element that shows the text is selected instead. */
export function useCopy(shown: RefObject<HTMLElement | null>): [Copied, (text: string) => void] {
  const [outcome, setOutcome] = useState<Copied>(null);
  useEffect(() => {
    if (!outcome) return undefined;
    const timer = setTimeout(() => setOutcome(null), SAID_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = useCallback(
    (text: string) =>
      void write(text).then(
        () => setOutcome("copied"),
        () => {
          select(shown.current);
          setOutcome("selected");
        },
      ),
    [shown],
  );
  return [outcome, copy];
}

async function write(text: string): Promise<void> {
  await navigator.clipboard.writeText(text); // not there at all on plain http
}

function select(element: HTMLElement | null): void {
  if (element instanceof HTMLInputElement) element.select();
  else if (element) getSelection()?.selectAllChildren(element);
}
