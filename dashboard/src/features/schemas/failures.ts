import type { Quality } from "@/api/types";

/** How many events failed a schema, in any of its versions. */
export const failuresOf = (schemaId: string, failures: Quality["schema_failures"]): number =>
  failures.reduce((sum, one) => (one.schema_id === schemaId ? sum + one.events : sum), 0);
