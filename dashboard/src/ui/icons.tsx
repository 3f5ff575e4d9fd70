import type { ReactNode } from "react";

/** Line drawings on a grid of 24, in the colour of the text around them. */
function Icon({ children }: { children: ReactNode }) {
  return (
    <svg aria-hidden viewBox="0 0 24 24" className="size-5" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round">
      {children}
    </svg>
  );
}

export const MenuIcon = () => <Icon><path d="M4 7h16M4 12h16M4 17h16" /></Icon>;
export const CloseIcon = () => <Icon><path d="m6 6 12 12M18 6 6 18" /></Icon>;
export const FunnelIcon = () => <Icon><path d="M4 6h16M7 12h10M10 18h4" /></Icon>;
export const SetupIcon = () => <Icon><path d="m8 8-4 4 4 4M16 8l4 4-4 4" /></Icon>;
export const PlusIcon = () => <Icon><path d="M12 5v14M5 12h14" /></Icon>;
export const UpIcon = () => <Icon><path d="m6 14 6-6 6 6" /></Icon>;
export const DownIcon = () => <Icon><path d="m6 10 6 6 6-6" /></Icon>;
export const GripIcon = () => <Icon><path d="M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01" /></Icon>;
export const SunIcon = () => <Icon><circle cx="12" cy="12" r="4" /><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4" /></Icon>;
export const MoonIcon = () => <Icon><path d="M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5Z" /></Icon>;
export const CheckIcon = () => <Icon><path d="m5 12 5 5 9-10" /></Icon>;
export const CopyIcon = () => <Icon><rect x="9" y="9" width="11" height="11" rx="2" /><path d="M15 9V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h3" /></Icon>;
export const SignOutIcon = () => <Icon><path d="M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M10 8l-4 4 4 4M6 12h9" /></Icon>;
export const DashboardIcon = () => <Icon><rect x="4" y="4" width="7" height="9" rx="1" /><rect x="13" y="4" width="7" height="5" rx="1" /><rect x="13" y="11" width="7" height="9" rx="1" /><rect x="4" y="15" width="7" height="5" rx="1" /></Icon>;
export const ReportIcon = () => <Icon><path d="M6 3h8l4 4v14H6ZM14 3v4h4M9 12h6M9 16h6" /></Icon>;
export const RetentionIcon = () => <Icon><path d="M4 5h4v4H4ZM10 5h4v4h-4ZM16 5h4v4h-4ZM4 11h4v4H4ZM10 11h4v4h-4ZM4 17h4v3H4Z" /></Icon>;
export const PathsIcon = () => <Icon><path d="M4 7c8 0 8 10 16 10M4 7h16M4 17h5" /></Icon>;
export const TrendsIcon = () => <Icon><path d="M4 17l5-6 4 3 7-8M15 6h5v5" /></Icon>;
export const LifecycleIcon = () => <Icon><path d="M19 9a7 7 0 0 0-13-1M5 15a7 7 0 0 0 13 1M6 4v4h4M18 20v-4h-4" /></Icon>;
export const StickinessIcon = () => <Icon><path d="M5 20V8M10 20V4M15 20v-8M20 20v-4" /></Icon>;
export const SessionsIcon = () => <Icon><circle cx="12" cy="12" r="8" /><path d="M12 7v5l3 2" /></Icon>;
export const LiveIcon = () => <Icon><path d="M4 12h3l3-7 4 14 3-7h3" /></Icon>;
export const PeopleIcon = () => <Icon><circle cx="9" cy="8" r="3.5" /><path d="M3 20c0-4 3-6 6-6s6 2 6 6M16 5a3.5 3.5 0 0 1 0 6M17 14c2.5 .5 4 2.5 4 6" /></Icon>;
export const CohortIcon = () => <Icon><circle cx="9" cy="12" r="5.5" /><circle cx="15" cy="12" r="5.5" /></Icon>;
export const QualityIcon = () => <Icon><path d="M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6ZM9 12l2 2 4-4" /></Icon>;
export const SchemaIcon = () => <Icon><path d="M9 4H7a2 2 0 0 0-2 2v4l-2 2 2 2v4a2 2 0 0 0 2 2h2M15 4h2a2 2 0 0 1 2 2v4l2 2-2 2v4a2 2 0 0 1-2 2h-2" /></Icon>;
export const HistoryIcon = () => <Icon><path d="M4 12a8 8 0 1 0 2.5-5.800L4 8.5M4 4v4.5h4.5M12 8v4l3 2" /></Icon>;
export const SettingsIcon = () => <Icon><path d="M4 7h9M17 7h3M4 17h3M11 17h9" /><circle cx="15" cy="7" r="2" /><circle cx="9" cy="17" r="2" /></Icon>;
export const MembersIcon = () => <Icon><circle cx="12" cy="8" r="4" /><path d="M5 21c0-4.5 3-7 7-7s7 2.5 7 7" /></Icon>;
export const JobsIcon = () => <Icon><path d="M5 6h14M5 12h14M5 18h8M17 16l2 2 3-3" /></Icon>;
