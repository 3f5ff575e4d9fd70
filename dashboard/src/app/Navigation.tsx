import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { NavLink, useNavigate } from "react-router";
import { meQuery } from "@/api/queries";
import type { Project } from "@/api/types";
import { SelectField } from "@/ui/Field";
import { PAGES } from "./pages";
import { SignOutButton } from "./SignOutButton";
import { ThemeButton } from "./ThemeButton";

const NEW_PROJECT = "new";
export function Navigation({ projects, project }: { projects: readonly Project[]; project: Project }) {
  const navigate = useNavigate();
  const me = useQuery(meQuery);
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-4">
      <SelectField
        label="Project"
        isLabelHidden
        value={project.id}
        onChange={({ target }) => void navigate(target.value === NEW_PROJECT ? "/welcome" : `/projects/${target.value}/funnels`)}
      >
        {projects.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
        <option value={NEW_PROJECT}>New project …</option>
      </SelectField>
      <nav aria-label="Pages" className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto">
        {PAGES.map(({ title, pages }) => (
          <section key={title}>
            <h2 className="mb-1 px-2.5 text-xs font-semibold tracking-wide text-quiet uppercase">{title}</h2>
            <ul className="flex flex-col gap-0.5">
              {pages.map(({ to, label, icon }) => (
                <li key={to}>
                  <NavLink
                    to={`/projects/${project.id}/${to}`}
                    className={({ isActive }) =>
                      clsx(
                        "flex items-center gap-2.5 rounded-md px-2.5 py-1.5 text-sm font-medium",
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
      <div className="flex items-center gap-1 border-t border-line pt-3">
        <div className="min-w-0 flex-1 px-1 text-sm">
          <p className="truncate font-medium">{me.data?.full_name}</p>
          <p className="truncate text-quiet">{me.data?.organization_name}</p>
        </div>
        <ThemeButton />
        <SignOutButton />
      </div>
    </div>
  );
}
