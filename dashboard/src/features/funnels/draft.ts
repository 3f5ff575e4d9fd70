import type { ConversionWindow, Definition, Exclusion, Stage } from "@/api/types";
import { fromFilter, toFilter, type Condition } from "@/questions/conditions";

/** A stage while it is edited. `kept` is a filter that lines cannot say: it stays as it is, or goes. */
export interface DraftStage {
  /** Of this editing only: it tells stages apart while they change places. */
  key: string;
  name: string;
  eventType: string;
  conditions: Condition[];
  kept: unknown;
  optional: boolean;
  firstTimeOnly: NonNullable<Stage["first_time_only"]>;
}

export interface DraftExclusion {
  eventType: string;
  filter: unknown;
  from: number;
  to: number;
}

/** A funnel while it is edited. */
export interface Draft {
  name: string;
  description: string;
  stages: DraftStage[];
  order: NonNullable<Definition["order"]>;
  window: ConversionWindow | null;
  exclusions: DraftExclusion[];
  exclusionPolicy: Definition["exclusion_policy"];
}

export type SavedForm = Definition & { name?: string; description?: string | null };

export const STAGES_LEAST = 2;
export const STAGES_MOST = 20;
export const EMPTY: SavedForm = {
  name: "",
  order: "ordered",
  conversion_window: { value: 7, unit: "day" },
  stages: [{ event_type: "page_view" }, { event_type: null }],
};

let lastKey = 0;
export function newStage(): DraftStage {
  lastKey += 1;
  return { key: `stage-${lastKey}`, name: "", eventType: "", conditions: [], kept: null, optional: false, firstTimeOnly: false };
}

export function toDraft(saved: SavedForm): Draft {
  return {
    name: saved.name ?? "",
    description: saved.description ?? "",
    stages: saved.stages.map((stage) => {
      const conditions = fromFilter(stage.filter);
      const eventType = stage.event_type ?? "";
      return {
        ...newStage(),
        name: stage.name && stage.name !== eventType ? stage.name : "",
        eventType,
        conditions: conditions ?? [],
        kept: conditions ? null : stage.filter,
        optional: stage.optional ?? false,
        firstTimeOnly: stage.first_time_only ?? false,
      };
    }),
    order: saved.order ?? "ordered",
    window: saved.conversion_window ?? null,
    exclusions: (saved.exclusions ?? []).map((one) => ({
      eventType: one.event_type ?? "",
      filter: one.filter ?? null,
      from: one.from_stage,
      to: one.to_stage,
    })),
    exclusionPolicy: saved.exclusion_policy,
  };
}

/** What an address says of a draft; null where that is none. */
export function readDraft(found: unknown): SavedForm | null {
  if (typeof found !== "object" || found === null || !("stages" in found) || !Array.isArray(found.stages)) return null;
  try {
    toDraft(found as SavedForm);
    return found as SavedForm;
  } catch {
    return null; // somebody has changed the address by hand
  }
}

/** As the API takes it. */
export function toDefinition(draft: Draft): Definition {
  const last = draft.stages.length - 1;
  return {
    stages: draft.stages.map((stage, place) => ({
      order: place + 1,
      name: stage.name.trim() || null,
      event_type: stage.eventType || null,
      filter: stage.kept ?? toFilter(stage.conditions),
      optional: stage.optional && canBeOptional(draft, place, last),
      first_time_only: stage.firstTimeOnly,
    })),
    order: draft.order,
    conversion_window: draft.window,
    exclusions: draft.exclusions.map(toExclusion),
    ...(draft.exclusionPolicy ? { exclusion_policy: draft.exclusionPolicy } : {}),
  };
}

export const toSavedForm = (draft: Draft): SavedForm => ({
  ...toDefinition(draft),
  name: draft.name,
  description: draft.description || null,
});

/** The first and the last stage count always, and where there is no order none can be passed over. */
export function canBeOptional(draft: Draft, place: number, last = draft.stages.length - 1): boolean {
  return place > 0 && place < last && draft.order !== "unordered";
}

/** Without a stage; exclusions that lay at it go with it, those behind it keep their stages. */
export function withoutStage(draft: Draft, place: number): Draft {
  const removed = place + 1;
  const shift = (stage: number): number => (stage > removed ? stage - 1 : stage);
  return {
    ...draft,
    stages: draft.stages.filter((_, at) => at !== place),
    exclusions: draft.exclusions
      .filter(({ from, to }) => from !== removed && to !== removed)
      .map((one) => ({ ...one, from: shift(one.from), to: shift(one.to) })),
  };
}

/** With a stage in another place; exclusions stay between the stages that they lay between. */
export function withStageMoved(draft: Draft, from: number, to: number): Draft {
  const stages = [...draft.stages];
  const [moved] = stages.splice(from, 1);
  if (!moved || to < 0 || to > stages.length) return draft;
  stages.splice(to, 0, moved);
  const placeOf = (stage: number): number => stages.findIndex(({ key }) => key === draft.stages[stage - 1]?.key) + 1;
  const exclusions = draft.exclusions.map((one) => {
    const ends = [placeOf(one.from), placeOf(one.to)];
    return { ...one, from: Math.min(...ends), to: Math.max(...ends) };
  });
  return { ...draft, stages, exclusions };
}

function toExclusion({ eventType, filter, from, to }: DraftExclusion): Exclusion {
  return { event_type: eventType || null, filter, from_stage: from, to_stage: to };
}
