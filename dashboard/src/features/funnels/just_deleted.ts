interface Deleted {
  id: string;
  name: string;
}

/** What the way back to the list carries after a deletion, so that the list can offer to take it back. */
export const justDeleted = (id: string, name: string) => ({ state: { deleted: { id, name } } });

export function deletedIn(state: unknown): Deleted | null {
  const isCarried = typeof state === "object" && state !== null && "deleted" in state;
  return isCarried ? (state.deleted as Deleted) : null; // nobody else writes this
}
