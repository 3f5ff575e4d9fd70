import { expect, it } from "vitest";
import { actorInWords, entryInWords, shownChanges } from "./entry_words";

const change = (path: string, from: unknown = 1, to: unknown = 2) => ({ path, from, to });
const said = (type: string, changes: ReturnType<typeof change>[] = [], data: Record<string, unknown> = {}, actor = "u") => {
  const { deed, name, rest } = entryInWords({ type, stream: `${type.split(".")[0]}-id`, name: "X", data, changes, actor: { kind: "user", id: actor, ip_hash: null } });
  return [deed, name, rest].join("|");
};

it("says in words what was done", () => {
  expect(said("funnel.created")).toBe("made the funnel|X|");
  expect(said("funnel.changed", [change("stages.1.name"), change("stages.2")])).toBe("changed the stages of the funnel|X|");
  expect(said("project.changed", [change("name"), change("timezone"), change("week_start")])).toBe("changed the name, the timezone and the week start of the project|X|");
  expect(said("project.changed", ["a", "b", "c", "d"].map((path) => change(path)))).toBe("changed 4 settings of the project|X|");
  expect(said("schema.reverted", [], { reverted_to: 2 })).toBe("took the event schema|X|back to version 2");
  expect(said("metric_definition.undeleted")).toBe("brought back the metric|X|");
  expect(said("user.role_changed", [change("role", "viewer", "analyst")])).toBe("changed the role of|X|from viewer to analyst");
  expect(said("invitation.created", [], { role: "analyst" })).toBe("invited|X|as analyst");
  expect([said("user.registered"), said("user.registered", [], {}, "id")]).toEqual(["registered the member|X|", "became a member||"]);
  expect(said("session.started")).toBe("signed in|X|");
  expect(said("thing.some_deed")).toBe("some deed the thing|X|");
});

it("names who did it", () => {
  const names = new Map([["u", "Ann"]]);
  const actor = (kind: string, id: string | null = null) => actorInWords({ kind, id, ip_hash: null }, names);
  expect([actor("user", "u"), actor("user", "gone"), actor("api_key", "k"), actor("operator"), actor("system")]).toEqual([
    "Ann",
    "Somebody",
    "An API key",
    "The operator (command line)",
    "A scheduled job",
  ]);
});

it("shows what the words do not say", () => {
  expect(shownChanges({ type: "funnel.deleted", name: "X", version: 2, changes: [change("deleted_at")] })).toEqual([]);
  expect(shownChanges({ type: "funnel.changed", name: "X", version: 2, changes: [change("name", "Y", "X"), change("project_id")] })).toEqual([change("name", "Y", "X")]);
  expect(shownChanges({ type: "funnel.created", name: "X", version: 1, changes: [change("name", null, "X"), change("order")] })).toEqual([change("order")]);
  expect(shownChanges({ type: "session.started", name: null, version: 1, changes: [change("user_id")] })).toEqual([]);
});
