import { use, type ReactNode } from "react";
import { ProjectContext } from "./project";

/** A page that has nothing but something to say; where no project's shell is around it, it is the whole window. */
export function Notice({ title, children, action }: { title: string; children: ReactNode; action: ReactNode }) {
  const Frame = use(ProjectContext) ? "div" : "main";
  return (
    <Frame className="mx-auto flex max-w-lg flex-col items-center gap-2 px-4 py-16 text-center">
      <h1>{title}</h1>
      <p className="text-quiet">{children}</p>
      <p className="mt-3">{action}</p>
    </Frame>
  );
}
