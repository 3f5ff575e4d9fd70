import { expect, it } from "vitest";
import { EMPTY, readDraft, toDraft, toSavedForm } from "./draft";

const saved = { name: "Buyers", description: null, definition: { event_type: "buy", filter: null, at_least: 1 } };

it("is read again from an address, unless that is damaged", () => {
  for (const one of [saved, { ...saved, description: "All of them" }, EMPTY]) {
    expect(readDraft(JSON.parse(JSON.stringify(toSavedForm(toDraft(one), {}))))).toEqual(one);
  }
  for (const damaged of [null, "x", {}, { name: "a" }, { definition: 1 }, { definition: { all: [] } }]) expect(readDraft(damaged)).toBeNull();
});

it("keeps what the builder cannot show", () => {
  const definition = { not: { not: saved.definition } };
  const draft = toDraft({ ...saved, definition });
  expect(draft.rules).toBeNull();
  expect(toSavedForm({ ...draft, name: " Others " }, definition)).toEqual({ ...saved, name: "Others", definition });
});
