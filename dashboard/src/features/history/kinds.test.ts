import { describe, expect, it } from "vitest";
import { historyOf, kindAt, momentBefore, pageThen, subjectOf } from "./kinds";

const AT = "2026-01-31T10:00:00.000005Z";

describe("the thing of an entry", () => {
  it("is read from the stream, whatever its id has in it", () => {
    expect(subjectOf("metric_definition-1-2-3")).toEqual({ kind: "metric_definition", id: "1-2-3" });
    expect(subjectOf("email-86b5")).toEqual({ kind: null, id: "86b5" });
    expect([kindAt("metric-definitions"), kindAt("members"), kindAt("funnel")]).toEqual(["metric_definition", "user", null]);
  });
  it("is shown where it was, in its own project", () => {
    const asOf = `as_of=${encodeURIComponent(AT)}`;
    expect(pageThen({ stream: "funnel-f", project_id: "p" }, "open", AT)).toBe(`/projects/p/funnels/f?${asOf}`);
    expect(pageThen({ stream: "project-q", project_id: null }, "open", AT)).toBe(`/projects/q/settings?${asOf}`);
    expect(pageThen({ stream: "metric_definition-m", project_id: "p" }, "open", AT)).toBe(`/projects/p/funnels?${asOf}`);
    expect(pageThen({ stream: "user-u", project_id: null }, "open", AT)).toBe(`/projects/open/members?${asOf}`);
  });
  it("has its history in its own project, what is in none in the one that is open", () => {
    expect(historyOf({ stream: "funnel-f", project_id: "p" }, "open")).toBe("/projects/p/history/funnels/f");
    expect(historyOf({ stream: "user-u", project_id: null }, "open")).toBe("/projects/open/history/members/u");
    expect(historyOf({ stream: "schema-s", project_id: "p" }, "open")).toBe("/projects/p/history/schemas/s");
    expect(historyOf({ stream: "session-s", project_id: null }, "open")).toBeNull();
  });
});

it("goes back by a microsecond", () => {
  expect(momentBefore(AT)).toBe("2026-01-31T10:00:00.000004Z");
  expect(momentBefore("2026-01-01T00:00:00.000000Z")).toBe("2025-12-31T23:59:59.999999Z");
  expect(momentBefore("2026-01-01T00:00:00Z")).toBe("2025-12-31T23:59:59.999999Z");
});
