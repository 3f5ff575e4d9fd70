/** One message of a stream of server-sent events. */
export interface Message {
  id: string | null;
  data: string;
}

/** The messages that are complete in what has come so far, and what is left of it. Comments are none. */
export function messagesIn(text: string): { messages: Message[]; rest: string } {
  const blocks = text.split("\n\n");
  const rest = blocks.pop() ?? "";
  return { messages: blocks.flatMap((block) => messageOf(block) ?? []), rest };
}

function messageOf(block: string): Message | null {
  const fields = block.split("\n").map((line): [string, string] => {
    const [name = "", ...value] = line.split(":");
    return [name, value.join(":").replace(/^ /, "")];
  });
  const data = fields.filter(([name]) => name === "data").map(([, value]) => value);
  if (data.length === 0) return null;
  return { id: fields.findLast(([name]) => name === "id")?.[1] ?? null, data: data.join("\n") };
}
