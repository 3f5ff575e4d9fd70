import type { RefObject } from "react";
import { Button } from "./Button";
import { CheckIcon, CopyIcon } from "./icons";
import { useCopy } from "./use_copy";

const SAYS = { copied: "Copied", selected: "Selected: copy it by hand" } as const;

/** Copies `text`; `shown` is what shows it. */
export function CopyButton({ text, shown, look }: { text: string; shown: RefObject<HTMLElement | null>; look?: "plain" | "quiet" | "primary" }) {
  const [outcome, copy] = useCopy(shown);
  return (
    <Button {...(look ? { look } : {})} className="shrink-0" onClick={() => copy(text)}>
      {outcome === "copied" ? <CheckIcon /> : <CopyIcon />}
      <span aria-live="polite">{outcome ? SAYS[outcome] : "Copy"}</span>
    </Button>
  );
}
