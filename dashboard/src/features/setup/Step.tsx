import type { ReactNode } from "react";
import { Card } from "@/ui/surfaces";

export function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <li>
      <Card>
        <h2 className="mb-3 flex items-center gap-3">
          <span aria-hidden className="grid size-7 shrink-0 place-items-center rounded-full bg-accent-soft text-sm text-accent">
            {number}
          </span>
          {title}
        </h2>
        {children}
      </Card>
    </li>
  );
}
