/** How many things a paged list has in all, as its answer's header says; where that is missing, those that came. */
export function totalOf(header: string | null, shown: number): number {
  const found: unknown = header && JSON.parse(header);
  return typeof found === "object" && found !== null && "total" in found && typeof found.total === "number" ? found.total : shown;
}
