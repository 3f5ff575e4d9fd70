import type { ReactNode } from "react";
import type { Standing } from "./standings";

const COLORS: Record<Standing, string> = {
  new: "var(--color-chart-3)",
  returning: "var(--color-chart-1)",
  resurrecting: "var(--color-chart-5)",
  dormant: "var(--color-chart-2)",
};
const HOLE = "var(--color-surface)";

/** What is drawn into the colour, so that it is not the colour alone that tells. */
const MARKS: Record<Standing, ReactNode> = {
  returning: null,
  new: <path d="M-2 2 2 -2M0 8 8 0M6 10 10 6" stroke={HOLE} strokeWidth="1.6" />,
  resurrecting: <circle cx="4" cy="4" r="1.6" fill={HOLE} />,
  dormant: <path d="M0 4H8" stroke={HOLE} strokeWidth="1.6" />,
};

/** The pattern of a standing; `prefix` keeps those of several charts on a page apart. */
export function Pattern({ prefix, standing }: { prefix: string; standing: Standing }) {
  return (
    <pattern id={`${prefix}-${standing}`} width="8" height="8" patternUnits="userSpaceOnUse">
      <rect width="8" height="8" fill={COLORS[standing]} />
      {MARKS[standing]}
    </pattern>
  );
}

export const fillOf = (prefix: string, standing: Standing): string => `url(#${prefix}-${standing})`;
