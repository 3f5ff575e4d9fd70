/** What `init` is told, and what of it is in force. */

export interface Options {
  /** A write key of the project. */
  apiKey: string;
  /** The address of the IAFA server, such as https://iafa.example.com. The script's own server by default. */
  endpoint?: string;
  /** Names the queue in localStorage, so that it survives a change of keys. Default: the end of the key. */
  projectId?: string;
  /** So many events go in one request; when as many wait, they go at once. 1 to 500, default 10. */
  batchSize?: number;
  /** Milliseconds after which waiting events go. 100 to a day, default 5000. */
  batchInterval?: number;
  /** Page views by themselves, also in single-page applications. Default true. */
  auto?: boolean;
  /** Nothing is tracked and stored before `optIn`. Default false. */
  optedOut?: boolean;
  /** Nothing is tracked where the browser sends Do Not Track or Global Privacy Control. Default true. */
  respectDoNotTrack?: boolean;
  /** Tell on the console what is tracked and sent. Default false. */
  debug?: boolean;
}

export interface Settings extends Required<Options> {}

const DAY_MS = 24 * 3600 * 1000;

const between = (least: number, most: number, value: unknown, otherwise: number): number =>
  Math.min(most, Math.max(least, Math.floor(Number(value)) || otherwise));

export const readSettings = (options: Partial<Options>): Settings => {
  const apiKey = String(options.apiKey || "");
  return {
    apiKey,
    endpoint: String(options.endpoint || "").replace(/\/+$/, ""),
    projectId: String(options.projectId || apiKey.slice(-8)).replace(/[^\w-]/g, "_"), // no dot, which ends a name
    batchSize: between(1, 500, options.batchSize, 10),
    batchInterval: between(100, DAY_MS, options.batchInterval, 5000),
    auto: options.auto !== false,
    optedOut: !!options.optedOut,
    respectDoNotTrack: options.respectDoNotTrack !== false,
    debug: !!options.debug,
  };
};

const SWITCHES = ["auto", "optedOut", "respectDoNotTrack", "debug"];

/** The options that a script tag names: data-api-key="…" data-auto="off" data-batch-size="20". */
export const readAttributes = (attributes: Record<string, string | undefined>): Partial<Options> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, text]) => [
      name,
      SWITCHES.includes(name) ? text !== "off" && text !== "false" : text,
    ]),
  );
