import type { ReactNode } from "react";
import { Logo } from "@/ui/Logo";
import { Card } from "@/ui/surfaces";

export function AccountFrame({ title, about, children }: { title: string; about?: string; children: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-5 p-4">
      <Logo className="self-center" />
      <Card className="sm:p-7">
        <h1>{title}</h1>
        {about && <p className="mt-1 text-quiet">{about}</p>}
        <div className="mt-5">{children}</div>
      </Card>
    </main>
  );
}
