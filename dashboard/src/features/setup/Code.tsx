import { useState } from "react";
import { Button } from "@/ui/Button";
import { CheckIcon, CopyIcon } from "@/ui/icons";

const SAID_MILLISECONDS = 2000;

/** A text to copy. Where the browser allows no clipboard (plain http), the text is selected instead. */
export function Code({ label, text }: { label: string; text: string }) {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setIsCopied(true);
      setTimeout(() => setIsCopied(false), SAID_MILLISECONDS);
    } catch {
      const shown = document.getElementById(`code-${label}`);
      if (shown) getSelection()?.selectAllChildren(shown);
    }
  };
  return (
    <div className="rounded-md border border-line bg-sunken">
      <pre id={`code-${label}`} tabIndex={0} aria-label={`${label} snippet`} className="max-h-72 overflow-auto p-3 text-[0.8125rem] leading-relaxed">
        <code>{text}</code>
      </pre>
      <div className="flex justify-end border-t border-line p-1.5">
        <Button look="quiet" onClick={() => void copy()}>
          {isCopied ? <CheckIcon /> : <CopyIcon />}
          <span aria-live="polite">{isCopied ? "Copied" : "Copy"}</span>
        </Button>
      </div>
    </div>
  );
}
