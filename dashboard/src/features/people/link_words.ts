import type { IdentityLink } from "@/api/types";

export type LinkChange = "undo" | "restore";
type Ends = Pick<IdentityLink, "user_id" | "anonymous_id" | "previous_id">;

/** Who was joined with the user: `visitor v-1`, `user ann-old`. */
export function joinedOf({ anonymous_id: visitor, previous_id: previous }: Ends): { kind: "visitor" | "user"; id: string } {
  return visitor === null ? { kind: "user", id: previous ?? "" } : { kind: "visitor", id: visitor };
}

const DOORS: Readonly<Record<string, string>> = { identify: "identify", alias: "alias", segment: "Segment’s door" };

/** `by identify`, `by identify and Segment’s door` */
export function doorsInWords(doors: readonly string[]): string {
  const names = doors.map((door) => DOORS[door] ?? door);
  return `by ${new Intl.ListFormat("en-GB").format(names)}`;
}

/** What a change of a link means for figures, for whoever is about to do it. */
export function meaningOf(change: LinkChange, link: Ends): string[] {
  const { kind, id } = joinedOf(link);
  const who = `${kind} ${id}`;
  if (change === "restore") {
    return [`Every figure is then what it was before the undo: what ${who} did counts as done by ${link.user_id}, in the past as well.`];
  }
  return [
    `Every figure is then what it would be if nobody had ever said that ${who} is ${link.user_id}. What ${who} did counts as another person’s, in the past as well: funnels, retention, cohorts and all other questions change.`,
    `Traits that came with such a call stay with ${link.user_id}. A call that comes later joins the two again. The undo can be taken back.`,
  ];
}

/** All other ids that a person's links tell of, each once. */
export function otherIds(links: readonly Ends[], personId: string): string[] {
  const ids = links.flatMap((link) => [link.user_id, joinedOf(link).id]);
  return [...new Set(ids)].filter((id) => id !== personId);
}
