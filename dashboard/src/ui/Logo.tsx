import { clsx } from "clsx";

export function Logo({ className }: { className?: string }) {
  return (
    <span className={clsx("inline-flex items-center gap-2 text-lg font-bold tracking-tight", className)}>
      <svg aria-hidden viewBox="0 0 18 18" className="size-5 fill-accent">
        <rect width="18" height="4.4" rx="1" />
        <rect y="6.8" width="12" height="4.4" rx="1" opacity=".75" />
        <rect y="13.6" width="7" height="4.4" rx="1" opacity=".5" />
      </svg>
      IAFA
    </span>
  );
}
