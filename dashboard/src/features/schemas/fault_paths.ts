const ROOT = "schema";

/** Whether the API names something in the schema, and not a field beside it (event_type). */
export const isOfSchema = (field: string): boolean => field === ROOT || field.startsWith(`${ROOT}.`);

/** `schema.properties.amount` as it stands in the text: `properties.amount`. */
export const pathIn = (field: string): string => (isOfSchema(field) ? field.slice(ROOT.length + 1) : field);
