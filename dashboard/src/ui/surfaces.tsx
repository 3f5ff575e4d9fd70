import { clsx } from "clsx";
import type { ReactNode } from "react";
import { ApiError } from "@/api/error";
import { Button } from "./Button";

export function Card({ children, className }: { children: ReactNode; className?: string }) {
  return <section className={clsx("rounded-lg border border-line bg-surface p-4 sm:p-5", className)}>{children}</section>;
}

export function PageHead({ title, about, children }: { title: string; about?: ReactNode; children?: ReactNode }) {
  return (
    <header className="mb-5 flex flex-wrap items-start justify-between gap-3">
      <div className="min-w-0">
        <h1 className="break-words">{title}</h1>
        {about && <p className="mt-1 max-w-prose text-quiet">{about}</p>}
      </div>
      {children && <div className="flex flex-wrap gap-2">{children}</div>}
    </header>
  );
}

/** Says that something comes, in about the shape that it will have. */
export function Skeleton({ className, label = "Loading" }: { className?: string; label?: string }) {
  return (
    <div role="status" className={clsx("animate-pulse rounded-md bg-sunken", className)}>
      <span className="sr-only">{label}</span>
    </div>
  );
}

/** Nothing is there yet: says why, and what to do about it. */
export function EmptyState({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-lg flex-col items-center gap-2 px-4 py-12 text-center">
      <h2>{title}</h2>
      <div className="text-quiet">{children}</div>
      {action && <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

/** What went wrong, and what can be done about it. */
export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const message = error instanceof Error ? error.message : "Something went wrong.";
  const fields = error instanceof ApiError ? [...error.fields] : [];
  const isFailure = error instanceof ApiError && error.status >= 500;
  return (
    <div role="alert" className="rounded-md border border-danger/40 bg-danger-soft p-3 text-sm">
      <p className="font-medium text-danger">{message}</p>
      {fields.length > 0 && (
        <ul className="mt-1 list-disc pl-5">
          {fields.map(([name, said]) => (
            <li key={name}>
              <code>{name}</code>: {said}
            </li>
          ))}
        </ul>
      )}
      {isFailure && error.requestId && <p className="mt-1 text-quiet">Request {error.requestId}</p>}
      {onRetry && (
        <Button className="mt-2" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
