/** As many traits as a line has room for, in the order of their names, and how many more there are. */
export function someTraits(traits: Readonly<Record<string, string>>, most: number): { shown: [string, string][]; more: number } {
  const sorted = Object.entries(traits).sort(([one], [other]) => one.localeCompare(other));
  return { shown: sorted.slice(0, most), more: Math.max(0, sorted.length - most) };
}
