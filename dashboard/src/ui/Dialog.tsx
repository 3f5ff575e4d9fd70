import { clsx } from "clsx";
import { useEffect, useId, useRef, type ReactNode } from "react";
import { IconButton } from "./Button";
import { CloseIcon } from "./icons";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** `side`: a sheet at the left edge, for navigation on phones. */
  at?: "centre" | "side";
  /** Holds what is shown only once: nothing closes it but its own buttons. */
  isHeld?: boolean;
}

/**
 * The browser's own modal dialog: it holds the focus, closes on Escape and hides what is behind from screen readers.
 * Render it while it is open. A form in it begins in its first field.
 */
export function Dialog({ title, onClose, children, at = "centre", isHeld = false }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    if (element.current?.open) return;
    element.current?.showModal();
    element.current?.querySelector<HTMLElement>("form :is(input, select, textarea):not([hidden], :disabled)")?.focus();
  }, []);
  return (
    // The backdrop belongs to the dialog: a click on it is one on the dialog itself.
    <dialog
      ref={element}
      aria-labelledby={titleId}
      onClose={onClose}
      onCancel={(escape) => isHeld && escape.preventDefault()}
      onClick={(click) => !isHeld && click.target === element.current && onClose()}
      className={clsx(
        "bg-surface p-0 text-ink shadow-xl",
        at === "centre" ? "w-[min(34rem,calc(100vw-2rem))] rounded-lg border border-line" : "m-0 h-dvh max-h-none w-72 border-r border-line",
      )}
    >
      <div className="flex h-full flex-col gap-3 p-4">
        <div className="flex items-center justify-between gap-2">
          <h2 id={titleId}>{title}</h2>
          {!isHeld && (
            <IconButton label="Close" onClick={onClose}>
              <CloseIcon />
            </IconButton>
          )}
        </div>
        {children}
      </div>
    </dialog>
  );
}
