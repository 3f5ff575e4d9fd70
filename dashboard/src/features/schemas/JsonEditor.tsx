import { clsx } from "clsx";
import { useId, useRef, type RefObject } from "react";

const ROWS_LEAST = 14;
const ROWS_MOST = 30;

interface JsonEditorProps {
  label: string;
  text: string;
  onChange: (text: string) => void;
  isReadOnly: boolean;
  /** Lines with something wrong in them. */
  marked: readonly number[];
  /** What is said of the text, below it. */
  describedBy: string;
  field: RefObject<HTMLTextAreaElement | null>;
}

/** A text with the numbers of its lines. A plain field: keyboards, screen readers and phones know how to write in it. */
export function JsonEditor({ label, text, onChange, isReadOnly, marked, describedBy, field }: JsonEditorProps) {
  const id = useId();
  const gutter = useRef<HTMLDivElement>(null);
  const lineCount = text.split("\n").length;
  const rows = Math.min(ROWS_MOST, Math.max(ROWS_LEAST, lineCount + 1));
  return (
    <>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <div className="flex overflow-hidden rounded-md border border-line-strong bg-surface font-mono text-sm leading-6 has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent">
        <div ref={gutter} aria-hidden className="relative w-11 shrink-0 overflow-hidden bg-sunken py-2 text-right text-quiet select-none">
          <div className="absolute inset-x-0 px-2">
            {Array.from({ length: lineCount }, (_, place) => (
              <div key={place} className={clsx(marked.includes(place + 1) && "-mx-2 bg-danger-soft px-2 font-bold text-danger")}>
                {place + 1}
              </div>
            ))}
          </div>
        </div>
        <textarea
          ref={field}
          id={id}
          rows={rows}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          readOnly={isReadOnly}
          aria-invalid={marked.length > 0 || undefined}
          aria-describedby={describedBy}
          value={text}
          onChange={({ target }) => onChange(target.value)}
          onScroll={({ currentTarget }) => {
            if (gutter.current) gutter.current.scrollTop = currentTarget.scrollTop;
          }}
          className="min-w-0 grow resize-none bg-transparent px-3 py-2 outline-none"
        />
      </div>
    </>
  );
}

/** Puts the cursor at the beginning of a line. */
export function goToLine(field: HTMLTextAreaElement, line: number): void {
  const at = field.value.split("\n").slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  field.focus();
  field.setSelectionRange(at, at);
  const height = Number.parseFloat(getComputedStyle(field).lineHeight);
  field.scrollTop = Math.max(0, (line - 3) * height);
}
