import { describe, expect, it } from "vitest";
import { fieldsOf, toApiError } from "./error";

describe("fieldsOf", () => {
  it("names each field by its path, with its first message", () => {
    const errors = { json: { name: ["Too short.", "Odd."], stages: { 0: { event_type: ["Missing."] } } } };
    expect([...fieldsOf(errors)]).toEqual([
      ["name", "Too short."],
      ["stages.0.event_type", "Missing."],
    ]);
  });
  it("finds nothing where there is nothing", () => {
    expect(fieldsOf(undefined).size).toBe(0);
    expect(fieldsOf("no").size).toBe(0);
  });
});

describe("toApiError", () => {
  it("keeps what the server says, and the request's id", () => {
    const response = new Response(null, { status: 409, headers: { "X-Request-ID": "r1" } });
    const error = toApiError(response, { code: 409, message: "The address has an account." });
    expect([error.status, error.message, error.requestId]).toEqual([409, "The address has an account.", "r1"]);
  });
  it("says the status where the body says nothing", () => {
    expect(toApiError(new Response(null, { status: 502, statusText: "Bad Gateway" }), "<html>").message).toBe(
      "The server answered 502 Bad Gateway.",
    );
  });
});
