import { createContext, use } from "react";
import type { Project } from "@/api/types";

export const ProjectContext = createContext<Project | null>(null);

/** The project whose pages are open; only for what stands below `ProjectRoot`. */
export function useProject(): Project {
  const project = use(ProjectContext);
  if (!project) throw new Error("There is no project above this page.");
  return project;
}
