/** Where a text is no JSON, and why; lines and columns count from 1. */
export interface JsonFault {
  line: number;
  column: number;
  message: string;
}

/** A JSON text that was read: its value, and on which line what stands at a path (`properties.amount.type`). */
export interface JsonRead {
  value: unknown;
  lineOf: (path: string) => number;
}

const DEPTH_MAX = 100; // the API takes 40; a text of brackets alone must not overflow the stack
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WORDS = ["true", "false", "null"] as const;

/**
 * Reads JSON and remembers the lines. Not `JSON.parse` alone: browsers word its faults differently, not all say where,
 * and it lets a name that stands twice pass in silence.
 */
export function readJsonText(text: string): JsonRead | { fault: JsonFault } {
  const reader = new Reader(text);
  try {
    reader.readAll();
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return { fault: { ...placeOf(text, fault.at), message: fault.message } };
  }
  return { value: JSON.parse(text) as unknown, lineOf: (path) => reader.lineOf(path) };
}

class Fault extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

class Reader {
  private at = 0;
  private readonly starts = new Map<string, number>();

  constructor(private readonly text: string) {}

  readAll(): void {
    this.skipBlanks();
    if (this.at === this.text.length) throw new Fault(this.at, "There is nothing here yet.");
    this.readValue([]);
    this.skipBlanks();
    if (this.at < this.text.length) throw new Fault(this.at, "Nothing may stand after the end.");
  }

  /** Of the path itself, or of the nearest thing that it is in. */
  lineOf(path: string): number {
    let name = path;
    while (name !== "" && !this.starts.has(name)) name = name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "";
    return placeOf(this.text, this.starts.get(name) ?? 0).line;
  }

  private readValue(path: readonly string[]): void {
    if (path.length > DEPTH_MAX) throw new Fault(this.at, "Nested too deep.");
    const first = this.text[this.at];
    if (first === "{") this.readObject(path);
    else if (first === "[") this.readArray(path);
    else if (first === '"') this.readString();
    else if (!this.skipNumber() && !this.skipWord()) throw new Fault(this.at, this.wantedValue());
  }

  private readObject(path: readonly string[]): void {
    const names = new Set<string>();
    this.readItems("}", () => {
      if (this.text[this.at] !== '"') throw new Fault(this.at, "A name in double quotes must stand here.");
      const start = this.at;
      const name = this.readString();
      if (names.has(name)) throw new Fault(start, `The name “${name}” stands here twice.`);
      names.add(name);
      const inner = [...path, name];
      this.starts.set(inner.join("."), start);
      this.skipBlanks();
      if (this.text[this.at] !== ":") throw new Fault(this.at, "A colon must stand after a name.");
      this.at += 1;
      this.skipBlanks();
      this.readValue(inner);
    });
  }

  private readArray(path: readonly string[]): void {
    let place = 0;
    this.readItems("]", () => {
      const inner = [...path, String(place)];
      this.starts.set(inner.join("."), this.at);
      this.readValue(inner);
      place += 1;
    });
  }

  private readItems(end: "}" | "]", readItem: () => void): void {
    const start = this.at;
    this.at += 1;
    this.skipBlanks();
    if (this.skip(end)) return;
    for (;;) {
      readItem();
      this.skipBlanks();
      if (this.skip(end)) return;
      if (this.at === this.text.length) throw new Fault(start, `The ${end} that closes this is missing.`);
      const comma = this.at;
      if (!this.skip(",")) throw new Fault(this.at, `A comma or ${end} must stand here.`);
      this.skipBlanks();
      if (this.text[this.at] === end) throw new Fault(comma, `No comma may stand before ${end}.`);
    }
  }

  private readString(): string {
    const start = this.at;
    this.at += 1;
    for (;;) {
      const letter = this.text[this.at];
      if (letter === undefined || letter === "\n") throw new Fault(start, "The double quotes that close this text are missing.");
      if (letter < " ") throw new Fault(this.at, "A control character must be written as an escape, such as \\t.");
      if (letter === '"') break;
      ESCAPE.lastIndex = this.at;
      if (letter !== "\\") this.at += 1;
      else if (ESCAPE.test(this.text)) this.at = ESCAPE.lastIndex;
      else throw new Fault(this.at, "Not an escape that is known; a backslash itself is written twice.");
    }
    this.at += 1;
    return JSON.parse(this.text.slice(start, this.at)) as string;
  }

  private skipNumber(): boolean {
    NUMBER.lastIndex = this.at;
    if (!NUMBER.test(this.text)) return false;
    this.at = NUMBER.lastIndex;
    return true;
  }

  private skipWord(): boolean {
    const word = WORDS.find((one) => this.text.startsWith(one, this.at));
    this.at += word?.length ?? 0;
    return word !== undefined;
  }

  private skip(letter: string): boolean {
    if (this.text[this.at] !== letter) return false;
    this.at += 1;
    return true;
  }

  private skipBlanks(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at += 1;
  }

  private wantedValue(): string {
    return this.text[this.at] === "'" ? "Texts stand in double quotes." : "A value must stand here: text in double quotes, a number, true, false, null, { or [.";
  }
}

function placeOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
