/** What went wrong, in the one shape that the API answers; status 0 where no answer came. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** The first message for each field, by its path in what was sent: `stages.0.event_type`. */
    readonly fields: ReadonlyMap<string, string> = new Map(),
    readonly requestId: string | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** What is said of single fields, to be shown beside them; nothing of any other error. */
export const fieldErrors = (error: unknown): ReadonlyMap<string, string> => (error instanceof ApiError ? error.fields : new Map());

export function toApiError(response: Response, body: unknown): ApiError {
  const said = isRecord(body) && typeof body["message"] === "string" ? body["message"] : null;
  const fields = isRecord(body) ? fieldsOf(body["errors"]) : new Map<string, string>();
  const message = said ?? `The server answered ${response.status} ${response.statusText}.`;
  return new ApiError(response.status, message, fields, response.headers.get("X-Request-ID"));
}

/** `{"json": {"stages": {"0": {"name": ["Too long."]}}}}` as `stages.0.name` → `Too long.` */
export function fieldsOf(errors: unknown): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (part: unknown, path: readonly string[]): void => {
    if (Array.isArray(part) && typeof part[0] === "string") found.set(path.join("."), part[0]);
    else if (isRecord(part)) for (const [name, inner] of Object.entries(part)) walk(inner, [...path, name]);
  };
  if (isRecord(errors)) for (const location of Object.values(errors)) walk(location, []);
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
