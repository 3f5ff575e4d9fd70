/** Where an axis begins, ends and has its lines: at round numbers, nothing included. */
export function ticksFor(figures: readonly number[], wanted = 4): number[] {
  let [least, most] = [0, 0];
  for (const figure of figures) [least, most] = [Math.min(least, figure), Math.max(most, figure)]; // too many to be arguments
  if (least === most) return [0, 1];
  const rough = (most - least) / wanted;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = magnitude * ([1, 2, 2.5, 5].find((one) => one * magnitude >= rough) ?? 10);
  const [first, last] = [Math.floor(least / step), Math.ceil(most / step)];
  return Array.from({ length: last - first + 1 }, (_, place) => Number(((first + place) * step).toPrecision(12)));
}

/** Heights as near to those wanted as they can be without one over the other; in the same order. */
export function spread(wanted: readonly number[], gap: number, lowest: number): number[] {
  const order = wanted.map((_, place) => place).sort((one, other) => (wanted[one] ?? 0) - (wanted[other] ?? 0));
  const found = [...wanted];
  let free = -Infinity;
  for (const place of order) {
    found[place] = Math.max(found[place] ?? 0, free);
    free = (found[place] ?? 0) + gap;
  }
  let limit = lowest;
  for (const place of order.reverse()) {
    found[place] = Math.min(found[place] ?? 0, limit);
    limit = (found[place] ?? 0) - gap;
  }
  return found;
}
