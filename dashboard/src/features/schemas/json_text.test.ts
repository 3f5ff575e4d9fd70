import { describe, expect, it } from "vitest";
import { readJsonText } from "./json_text";

const faultOf = (text: string) => {
  const read = readJsonText(text);
  return "fault" in read ? `${read.fault.line}:${read.fault.column} ${read.fault.message}` : null;
};

describe("a JSON text", () => {
  it("is read where it is one", () => {
    for (const text of ["{}", "[1, -2.5e+3, 0]", '"a\\u00e9\\n"', ' {"a": {"b": [true, false, null, "x"]}} ']) {
      expect(readJsonText(text)).toMatchObject({ value: JSON.parse(text) as unknown });
    }
  });
  it("is told from what is none as the browser tells it", () => {
    for (const text of ["", "{", "[1,]", '{"a" 1}', "{'a': 1}", '{"a": 01}', '"a', '"\\x"', "[1 2]", "{} {}", "nul", "+1", '{"a":}', "\u00a01", '"a\tb"', "-", "[tru]"]) {
      expect(() => JSON.parse(text) as unknown).toThrow();
      expect(faultOf(text)).not.toBeNull();
    }
  });
  it("says where the fault is, and which", () => {
    expect(faultOf('{\n  "type": "object",\n}')).toBe("2:19 No comma may stand before }.");
    expect(faultOf('{\n  "type": "object"\n  "a": 1}')).toBe("3:3 A comma or } must stand here.");
    expect(faultOf('{\n  type: 1}')).toBe("2:3 A name in double quotes must stand here.");
    expect(faultOf('{"a": "b\n}')).toBe("1:7 The double quotes that close this text are missing.");
    expect(faultOf('{\n "a": [1,\n 2')).toBe("2:7 The ] that closes this is missing.");
    expect(faultOf('{"a": 1,\n "a": 2}')).toBe("2:2 The name “a” stands here twice.");
    expect(faultOf("[".repeat(10_000))).toMatch(/Nested too deep/);
  });
  it("finds lines by paths, or what is around them", () => {
    const read = readJsonText('{\n"properties": {\n"a.b": {\n"enum": [1,\n2]}}}');
    if ("fault" in read) throw new Error(read.fault.message);
    const paths = ["properties", "properties.a.b.enum", "properties.a.b.enum.1", "properties.a.b.enum.7", "required", ""];
    expect(paths.map(read.lineOf)).toEqual([2, 4, 5, 4, 1, 1]);
  });
});
