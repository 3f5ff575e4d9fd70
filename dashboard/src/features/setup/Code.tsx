import { useRef } from "react";
import { CopyButton } from "@/ui/CopyButton";

/** A text to copy. */
export function Code({ label, text }: { label: string; text: string }) {
  const shown = useRef<HTMLPreElement>(null);
  return (
    <div className="rounded-md border border-line bg-sunken">
      <pre ref={shown} tabIndex={0} role="region" aria-label={`${label} snippet`} className="max-h-72 overflow-auto p-3 text-[0.8125rem] leading-relaxed">
        <code>{text}</code>
      </pre>
      <div className="flex justify-end border-t border-line p-1.5">
        <CopyButton text={text} shown={shown} look="quiet" />
      </div>
    </div>
  );
}
