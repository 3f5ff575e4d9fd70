import type { ReactNode } from "react";

/** What somebody should know before they go on; a screen reader hears it when it comes. */
export function Warning({ children }: { children: ReactNode }) {
  return (
    <div role="status" className="rounded-md bg-warn-soft p-3 text-sm">
      {children}
    </div>
  );
}
