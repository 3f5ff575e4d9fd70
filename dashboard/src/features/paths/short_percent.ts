/** A percentage where there is little room: whole, and nothing is 0 or 100 that is not. */
export function shortPercent(percent: number): string {
  if (percent > 0 && percent < 1) return "<1%";
  if (percent < 100 && percent > 99) return ">99%";
  return `${Math.round(percent)}%`;
}
