import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { lazy, Suspense, useState } from "react";
import { Link, NavLink, useNavigate } from "react-router";
import { meQuery } from "@/api/queries";
import type { Project } from "@/api/types";
import { Button } from "@/ui/Button";
import { SelectField } from "@/ui/Field";
import { HistoryIcon } from "@/ui/icons";
import { useHasRole } from "./may";
import { PAGES } from "./pages";
import { SignOutButton } from "./SignOutButton";
import { ThemeButton } from "./ThemeButton";

const LookBack = lazy(() => import("./LookBack"));
const NEW_PROJECT = "new";

export function Navigation({ projects, project }: { projects: readonly Project[]; project: Project }) {
  const navigate = useNavigate();
  const me = useQuery(meQuery);
  const [isLookingBack, setIsLookingBack] = useState(false);
  const mayMake = useHasRole("admin");
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-4">
      <SelectField
        label="Project"
        isLabelHidden
        value={project.id}
        onChange={({ target }) => void navigate(target.value === NEW_PROJECT ? "/welcome" : `/projects/${target.value}`)}
      >
        {projects.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
        {mayMake && <option value={NEW_PROJECT}>New project …</option>}
      </SelectField>
      <nav ref={inSight} aria-label="Pages" className="flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto">
        {PAGES.map(({ title, pages }) => (
          <section key={title}>
            <h2 className="px-2.5 text-xs font-semibold tracking-wide text-quiet uppercase">{title}</h2>
            <ul className="flex flex-col">
              {pages.map(({ to, label, icon }) => (
                <li key={to}>
                  <NavLink
                    to={`/projects/${project.id}/${to}`}
                    className={({ isActive }) =>
                      clsx(
                        "flex items-center gap-2.5 rounded-md px-2.5 py-1 text-sm font-medium",
                        isActive ? "bg-accent-soft text-accent" : "text-quiet hover:bg-sunken hover:text-ink",
                      )
                    }
                  >
                    {icon}
                    {label}
                  </NavLink>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </nav>
      <Button look="quiet" className="-mb-2 justify-start gap-2.5! px-2.5! text-quiet" onClick={() => setIsLookingBack(true)}>
        <HistoryIcon />
        Look back …
      </Button>
      {isLookingBack && (
        <Suspense>
          <LookBack timezone={project.timezone} onClose={() => setIsLookingBack(false)} />
        </Suspense>
      )}
      <div className="flex items-center gap-1 border-t border-line pt-3">
        <Link to={`/projects/${project.id}/account`} className="min-w-0 flex-1 rounded-md px-1 text-sm hover:bg-sunken">
          <span className="sr-only">Your account: </span>
          <span className="block truncate font-medium">{me.data?.full_name}</span>
          <span className="block truncate text-quiet">{me.data?.organization_name}</span>
        </Link>
        <ThemeButton />
        <SignOutButton />
      </div>
    </div>
  );
}

/** In a low window the list is longer than its place: the page that is open is shown. */
function inSight(list: HTMLElement | null): void {
  const open = list?.querySelector<HTMLElement>("[aria-current=page]");
  if (list && open) list.scrollTop += Math.max(0, open.getBoundingClientRect().bottom - list.getBoundingClientRect().bottom);
}
