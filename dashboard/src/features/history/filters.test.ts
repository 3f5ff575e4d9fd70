import { describe, expect, it } from "vitest";
import { askedEvents, readHistory, writeHistory } from "./filters";

const view = (text: string) => readHistory(new URLSearchParams(text));

describe("what is shown of the log", () => {
  it("stands in the address, what is usual left out", () => {
    for (const text of ["", "kind=funnel&deed=changed&actor=u&from=2026-01-01&to=2026-01-31&page=3", "tab=access&page=2", "kind=everything"]) {
      expect(writeHistory(view(text)).toString()).toBe(text);
    }
    expect(writeHistory(view("tab=x&kind=y&deed=z&from=now&to=2026&page=-1")).toString()).toBe("");
    expect(writeHistory(view("from=2026-02-31&to=2026-99-99")).toString()).toBe("");
  });
  it("is asked for by types, without comings and goings where nothing else is said", () => {
    const types = (text: string) => askedEvents(view(text), "UTC")["type"];
    expect(types("kind=funnel")).toBe("funnel.*");
    expect(types("kind=report&deed=restored")).toBe("report.undeleted,report.reverted");
    expect(types("kind=everything")).toBeUndefined();
    expect(types("kind=everything&deed=changed")).toBe("*.*changed");
    expect(types("")?.split(",")).toEqual(expect.arrayContaining(["funnel.*", "api_key.revoked"]));
    expect(types("")).not.toMatch(/session|api_key\.\*/);
    expect(types("deed=deleted")?.split(",").filter((type) => type.startsWith("api_key"))).toEqual(["api_key.revoked"]);
  });
  it("is of the days of the project's calendar, the last one included", () => {
    const { from, to } = askedEvents(view("from=2026-10-25&to=2026-10-25"), "Europe/Berlin");
    expect([from, to]).toEqual(["2026-10-24T22:00:00.000Z", "2026-10-25T22:59:59.999999Z"]);
  });
});
