import { useEffect, useRef, useState, type ReactNode } from "react";
import { useLocation } from "react-router";
import type { Project } from "@/api/types";
import { IconButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { MenuIcon } from "@/ui/icons";
import { Logo } from "@/ui/Logo";
import { Navigation } from "./Navigation";

interface ShellProps {
  projects: readonly Project[];
  project: Project;
  children: ReactNode;
}

/** What is around every page of a project: navigation beside it, on phones behind a button. */
export function Shell({ projects, project, children }: ShellProps) {
  const { pathname, search } = useLocation();
  const here = pathname + search;
  const [openAt, setOpenAt] = useState<string | null>(null); // the address that it was opened at: going on closes it
  if (openAt !== null && openAt !== here) setOpenAt(null); // and coming back does not open it again
  const content = useRef<HTMLElement>(null);
  const shownAt = useRef(pathname);
  useEffect(() => {
    if (shownAt.current === pathname) return;
    shownAt.current = pathname;
    content.current?.focus({ preventScroll: true }); // a screen reader goes on in the new page
  }, [pathname]);
  return (
    <div className="flex min-h-dvh flex-col lg:flex-row">
      <a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-surface focus:p-3">
        Skip to the content
      </a>
      <header className="flex items-center gap-2 border-b border-line bg-surface px-2 py-1.5 lg:hidden">
        <IconButton label="Menu" onClick={() => setOpenAt(here)}>
          <MenuIcon />
        </IconButton>
        <span className="truncate font-medium">{project.name}</span>
      </header>
      {openAt !== null && (
        <Dialog title="Menu" at="side" onClose={() => setOpenAt(null)}>
          <Navigation projects={projects} project={project} />
        </Dialog>
      )}
      <aside className="sticky top-0 hidden h-dvh w-60 shrink-0 flex-col gap-4 border-r border-line bg-surface p-3 lg:flex">
        <Logo className="px-2 pt-1" />
        <Navigation projects={projects} project={project} />
      </aside>
      <main ref={content} id="content" tabIndex={-1} className="mx-auto w-full max-w-6xl min-w-0 flex-1 px-4 py-5 outline-none sm:px-8 sm:py-7">
        {children}
      </main>
    </div>
  );
}
