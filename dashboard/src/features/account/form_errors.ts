import type { FieldPath, FieldValues, UseFormSetError } from "react-hook-form";
import { ApiError } from "@/api/error";

/** Puts what the server says of single fields beside them; what is left is the form's own (`root`). */
export function showServerErrors<T extends FieldValues>(
  error: Error,
  names: readonly FieldPath<T>[],
  setError: UseFormSetError<T>,
): void {
  const fields = error instanceof ApiError ? error.fields : new Map<string, string>();
  const known = names.filter((name) => fields.has(name));
  for (const name of known) setError(name, { message: fields.get(name) ?? "" }, { shouldFocus: name === known[0] });
  if (known.length === 0) setError("root", { message: error.message });
}
