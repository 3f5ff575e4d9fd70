import type { ReactNode } from "react";
import {
  CohortIcon,
  DashboardIcon,
  FunnelIcon,
  HistoryIcon,
  JobsIcon,
  LifecycleIcon,
  LiveIcon,
  MembersIcon,
  PathsIcon,
  PeopleIcon,
  QualityIcon,
  ReportIcon,
  RetentionIcon,
  SchemaIcon,
  SessionsIcon,
  SettingsIcon,
  SetupIcon,
  StickinessIcon,
  TrendsIcon,
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
      { to: "dashboards", label: "Dashboards", icon: <DashboardIcon /> },
      { to: "reports", label: "Saved reports", icon: <ReportIcon /> },
      { to: "funnels", label: "Funnels", icon: <FunnelIcon /> },
      { to: "retention", label: "Retention", icon: <RetentionIcon /> },
      { to: "paths", label: "Paths", icon: <PathsIcon /> },
      { to: "trends", label: "Trends", icon: <TrendsIcon /> },
      { to: "lifecycle", label: "Lifecycle", icon: <LifecycleIcon /> },
      { to: "stickiness", label: "Stickiness", icon: <StickinessIcon /> },
      { to: "sessions", label: "Sessions", icon: <SessionsIcon /> },
    ],
  },
  {
    title: "Visitors",
    pages: [
      { to: "live", label: "Live view", icon: <LiveIcon /> },
      { to: "people", label: "People", icon: <PeopleIcon /> },
      { to: "cohorts", label: "Cohorts", icon: <CohortIcon /> },
    ],
  },
  {
    title: "Project",
    pages: [
      { to: "quality", label: "Data quality", icon: <QualityIcon /> },
      { to: "schemas", label: "Event schemas", icon: <SchemaIcon /> },
      { to: "history", label: "History", icon: <HistoryIcon /> },
      { to: "settings", label: "Settings", icon: <SettingsIcon /> },
      { to: "members", label: "Members", icon: <MembersIcon /> },
      { to: "jobs", label: "Jobs", icon: <JobsIcon /> },
      { to: "setup", label: "Set up tracking", icon: <SetupIcon /> },
    ],
  },
];
