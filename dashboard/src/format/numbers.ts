const LOCALE = "en-GB"; // the texts are English; figures in another language's form would be read wrongly
const whole = new Intl.NumberFormat(LOCALE);
const short = new Intl.NumberFormat(LOCALE, { notation: "compact", maximumFractionDigits: 1 });
const fine = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 2 });
const coarse = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const FINE_BELOW = 1;

export const formatCount = (count: number): string => whole.format(count);

/** For axes and narrow places: 12.3K. */
export const formatShort = (count: number): string => short.format(count);

/** A percentage, as the API has them (12.34 for 12.34 %); small ones keep the digits that make them differ from 0. */
export function formatPercent(percent: number | null): string {
  if (percent === null) return "–";
  if (percent === 0 || percent === 100) return `${percent}%`;
  return `${(Math.abs(percent) < FINE_BELOW ? fine : coarse).format(percent)}%`;
}

/** A change with its sign: +4.2%, −3%; a dash where there was nothing before. */
export function formatChange(percent: number | null): string {
  if (percent === null) return "–";
  const sign = percent > 0 ? "+" : percent < 0 ? "−" : "±";
  return `${sign}${formatPercent(Math.abs(percent))}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
