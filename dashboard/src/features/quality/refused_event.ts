import type { Refused } from "@/api/types";

/** What the event says it is; null where that cannot be read. */
export function typeOf({ event }: Pick<Refused, "event">): string | null {
  const type = typeof event === "object" && event !== null && "event_type" in event ? event.event_type : null;
  return typeof type === "string" ? type : null;
}

/** Instead of a field's name, where the API puts `_schema`. */
export const WHOLE = "the event";

/** Every fault with its field, or with the whole event. */
export function faultsOf({ errors }: Pick<Refused, "errors">): { field: string; message: string }[] {
  return Object.entries(errors).flatMap(([field, messages]) =>
    (Array.isArray(messages) ? messages : [messages]).map((message) => ({
      field: field === "_schema" ? WHOLE : field,
      message: typeof message === "string" ? message : JSON.stringify(message),
    })),
  );
}

/** Its content, readable; what there is of it where it is no JSON. */
export function contentOf({ event, text }: Pick<Refused, "event" | "text">): string {
  return text ?? JSON.stringify(event, null, 2);
}
