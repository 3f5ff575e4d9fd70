import { expect, it } from "vitest";
import { aheadOf } from "./follow";
import { messagesIn } from "./server_sent";

it("reads whole messages, and leaves what is not whole for later", () => {
  expect(messagesIn(': open\n\nid: 1.a.0\ndata: {"a": "b: c"}\n\n: nothing new\n\nid: 2.a.0\ndata: {')).toEqual({
    messages: [{ id: "1.a.0", data: '{"a": "b: c"}' }],
    rest: "id: 2.a.0\ndata: {",
  });
  expect(messagesIn("data: one\ndata: two\n\n")).toEqual({ messages: [{ id: null, data: "one\ntwo" }], rest: "" });
});

it("knows how far the server's clock is ahead, to a second or two", () => {
  const now = Date.parse("2026-01-01T10:00:00Z");
  expect(aheadOf("Thu, 01 Jan 2026 10:05:00 GMT", now)).toBe(300_000);
  expect(aheadOf("Thu, 01 Jan 2026 09:59:59 GMT", now)).toBe(0);
  expect(aheadOf(null, now)).toBe(0);
});
