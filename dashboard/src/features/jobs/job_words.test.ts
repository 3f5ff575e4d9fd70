import { describe, expect, it } from "vitest";
import type { Job } from "@/api/types";
import { changedInWords, jobInWords, stateInWords } from "./job_words";

const run = { began_at: "2026-01-01T10:00:00Z", ended_at: null, duration_seconds: null, changed: {}, error: "no room", is_overdue: false };

describe("jobs in words", () => {
  it("goes by the id where a job is not known", () => {
    expect(jobInWords({ id: "flush" }).name).toBe("Flush");
    expect(jobInWords({ id: "new-job" })).toEqual({ name: "new-job", about: "" });
  });
  it("says what a run did, without zeros", () => {
    expect(changedInWords({ events: 1200, duplicates: 0, files: 2, rejected: 3 })).toBe("1,200 events, 2 files, 3 refused events");
    expect(changedInWords({ written: true, damaged: 2, backup: "monday" })).toBe("written, 2 damaged, backup: monday");
    expect(changedInWords({ files_before: 1, events: 1, seq: 40 })).toBe("1 file before, 1 event, up to entry 40");
    expect(changedInWords({})).toBe("");
  });
  it("says what goes wrong first, until it went well again", () => {
    const words = (job: Partial<Job>) => stateInWords({ state: "idle", last_run: null, last_success_at: null, ...job }).words;
    const failed = { ...run, result: "failed" as const };
    expect(words({ last_run: failed })).toBe("Failed");
    expect(words({ last_run: failed, state: "overdue" })).toBe("Takes too long");
    expect(words({ last_run: failed, last_success_at: "2026-01-01T10:00:05Z" })).toBe("Fine");
    expect(words({ last_run: { ...run, result: "interrupted" } })).toBe("Cut off");
    expect([words({ state: "running" }), words({ state: "never" })]).toEqual(["Runs now", "Has not run yet"]);
  });
});
