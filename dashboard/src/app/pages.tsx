import type { ReactNode } from "react";
import {
  FunnelIcon,
  HistoryIcon,
  SetupIcon,
} from "@/ui/icons";

interface PageLink {
  to: string;
  label: string;
  icon: ReactNode;
}

/** The pages of a project, as the navigation lists them. */
export const PAGES: readonly { title: string; pages: readonly PageLink[] }[] = [
  {
    title: "Reports",
    pages: [
      { to: "funnels", label: "Funnels", icon: <FunnelIcon /> },
    ],
  },
  {
    title: "Project",
    pages: [
      { to: "history", label: "History", icon: <HistoryIcon /> },
      { to: "setup", label: "Set up tracking", icon: <SetupIcon /> },
    ],
  },
];
