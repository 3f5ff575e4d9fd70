/** What a reason means that an event is refused for, and what can be done about it. */
interface Reason {
  title: string;
  hint: string;
  /** The page of the project where it is done. */
  at?: "schemas" | "settings";
}

/** Every reason that the API counts by. */
export const REASONS: Readonly<Record<string, Reason>> = {
  schema: { title: "Fails the schema of its type", hint: "Mend the sender, or the schema where it asks too much; then send the events again.", at: "schemas" },
  event_type_not_allowed: { title: "Event type is not on the project’s list", hint: "Add the type in the project’s settings if it is wanted, and send the events again.", at: "settings" },
  missing_field: { title: "A required field is missing", hint: "Each event needs an event_type, and a user_id or an anonymous_id. Mend the sender." },
  unknown_field: { title: "Has a field that is not known", hint: "Your own fields belong into properties. Mend the sender." },
  wrong_type: { title: "A field is of the wrong type", hint: "Fields are text, properties an object. Mend the sender." },
  wrong_length: { title: "A field is empty or too long", hint: "An event type may have 100 characters, an id 255. Mend the sender." },
  control_character: { title: "Event type has control characters", hint: "Line breaks and the like are not allowed in names. Mend the sender." },
  nested_too_deep: { title: "Properties are nested too deep", hint: "Send fewer levels: at most 100 are taken." },
  not_a_moment: { title: "Timestamp cannot be read", hint: "Send ISO 8601 with an offset, such as 2026-01-31T10:00:00Z." },
  too_old: { title: "Older than the project keeps events", hint: "Look at the sender’s clock, or keep events for longer in the project’s settings and send them again.", at: "settings" },
  too_far_ahead: { title: "More than 24 hours in the future", hint: "The sender’s clock is wrong. With sent_at in the request it is set right by itself." },
  not_an_object: { title: "Is no JSON object", hint: "Each event is an object in braces. Mend the sender." },
  too_large: { title: "Is too large", hint: "Send less in properties. Only the beginning of such an event is kept, so that it cannot be sent again from here." },
  unreadable: { title: "Cannot be read", hint: "Something is wrong with its text, such as half a character. Mend the sender." },
  not_valid: { title: "Is not a valid event", hint: "Open one to see what is wrong with it." },
  not_valid_call: { title: "Is not a valid identify or alias call", hint: "Open one to see what is wrong with it." },
  stands_for_nobody: { title: "Id stands for nobody", hint: "Ids such as “null” or “undefined” would make many people one. Send an id only when it is known." },
  same_person: { title: "Links an id to itself", hint: "An identify or alias call needs two different ids. Mend the sender." },
};

export const reasonTitle = (reason: string): string => REASONS[reason]?.title ?? reason;
export const reasonHint = (reason: string): string => REASONS[reason]?.hint ?? "Open one to see what is wrong with it.";
