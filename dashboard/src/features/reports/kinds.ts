import { lazy, type ComponentType } from "react";
import type { Project, Report } from "@/api/types";

export interface ShownProps<A> {
  answer: A;
  question: Record<string, unknown>;
  project: Project;
}

type AddressOf = (question: Record<string, unknown>) => string | null;

interface ReportKind {
  label: string;
  /** The page of this kind's questions, below the project, and what leads there; metrics have none. `isMaking`: it is for whoever may make something. */
  page?: { path: string; open: string; isMaking?: boolean; addressOf: () => Promise<AddressOf> };
  /** Draws an answer of this kind. */
  Shown: ComponentType<ShownProps<unknown>>;
}

/** What there is to know of a report by its kind; what draws it is loaded when one is shown. */
export const KINDS: Record<Report["kind"], ReportKind> = {
  funnel: {
    label: "Funnel",
    page: { path: "funnels/new", open: "Open as a new funnel", isMaking: true, addressOf: async () => (await import("@/features/funnels/address")).addressOf },
    Shown: shown(() => import("@/features/funnels/Shown")),
  },
  retention: {
    label: "Retention",
    page: { path: "retention", open: "Open in Retention", addressOf: async () => (await import("@/features/retention/address")).addressOf },
    Shown: shown(() => import("@/features/retention/Shown")),
  },
  lifecycle: {
    label: "Lifecycle",
    page: { path: "lifecycle", open: "Open in Lifecycle", addressOf: async () => (await import("@/features/lifecycle/address")).addressOf },
    Shown: shown(() => import("@/features/lifecycle/Shown")),
  },
  stickiness: {
    label: "Stickiness",
    page: { path: "stickiness", open: "Open in Stickiness", addressOf: async () => (await import("@/features/stickiness/address")).addressOf },
    Shown: shown(() => import("@/features/stickiness/Shown")),
  },
  trends: {
    label: "Trends",
    page: { path: "trends", open: "Open in Trends", addressOf: async () => (await import("@/features/trends/address")).addressOf },
    Shown: shown(() => import("@/features/trends/Shown")),
  },
  sessions: {
    label: "Sessions",
    page: { path: "sessions", open: "Open in Sessions", addressOf: async () => (await import("@/features/sessions/address")).addressOf },
    Shown: shown(() => import("@/features/sessions/Shown")),
  },
  paths: {
    label: "Paths",
    page: { path: "paths", open: "Open in Paths", addressOf: async () => (await import("@/features/paths/address")).addressOf },
    Shown: shown(() => import("@/features/paths/Shown")),
  },
  metric: { label: "Metric", Shown: shown(() => import("./MetricShown")) },
};

/** A report's answer is of its kind, which only the server's word says: to each the type that it draws. */
function shown<A>(load: () => Promise<{ default: ComponentType<ShownProps<A>> }>): ComponentType<ShownProps<unknown>> {
  return lazy(load as () => Promise<{ default: ComponentType<ShownProps<unknown>> }>);
}
