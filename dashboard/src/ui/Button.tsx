import { clsx } from "clsx";
import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Link, type LinkProps } from "react-router";

type Look = "primary" | "plain" | "quiet" | "danger";

const BASE =
  "inline-flex items-center justify-center gap-2 rounded-md px-3.5 py-2 text-sm font-medium transition-colors disabled:opacity-60 min-h-9";
const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent hover:opacity-90",
  plain: "border border-line bg-surface text-ink hover:bg-sunken",
  quiet: "text-ink hover:bg-sunken",
  danger: "border border-line bg-surface text-danger hover:bg-danger-soft",
};

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  /** Shows that work is under way, and takes no second click. */
  isBusy?: boolean;
}

export function Button({ look = "plain", isBusy = false, className, children, type = "button", ...rest }: ButtonProps) {
  return (
    <button {...rest} type={type} disabled={rest.disabled || isBusy} aria-busy={isBusy || undefined} className={clsx(BASE, LOOKS[look], className)}>
      {isBusy && <Spinner />}
      {children}
    </button>
  );
}

export function ButtonLink({ look = "plain", className, ...rest }: LinkProps & { look?: Look }) {
  return <Link {...rest} className={clsx(BASE, LOOKS[look], className)} />;
}

/** A small square with a sign; `label` is what it says to whoever does not see it. */
export function IconButton({ label, className, children, ...rest }: Omit<ButtonProps, "look"> & { label: string; children: ReactNode }) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title={label}
      className={clsx("inline-grid size-9 shrink-0 place-items-center rounded-md text-quiet hover:bg-sunken hover:text-ink disabled:opacity-40", className)}
    >
      {children}
    </button>
  );
}

export function Spinner() {
  return <span aria-hidden className="size-4 animate-spin rounded-full border-2 border-current border-r-transparent" />;
}
