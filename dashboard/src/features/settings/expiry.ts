export const DAYS_MAX = 36_500; // as the API has it
const DAY_MILLISECONDS = 86_400_000;

/**
 * The last UTC day whose events go where they are kept for so many days: the whole of it must lie before the limit.
 * Null: none goes, or it is no number of days that can be kept.
 */
export function lastDayGoing(days: number, at: Date): string | null {
  if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX) return null;
  const today = Math.floor(at.getTime() / DAY_MILLISECONDS);
  return new Date((today - days - 1) * DAY_MILLISECONDS).toISOString().slice(0, 10);
}

/** Whether fewer events are kept by `days` than by `before`; 0 is for ever. */
export const isShorter = (days: number, before: number): boolean => days > 0 && (before === 0 || days < before);
