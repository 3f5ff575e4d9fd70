import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { jobsQuery } from "@/features/jobs/jobs_query";
import type { Project } from "@/api/types";
import { useHasRole } from "@/app/may";
import { formatMoment, formatRange } from "@/format/times";
import { SelectField, TextField } from "@/ui/Field";
import { Expired } from "./Expired";
import { DAYS_MAX, isShorter, lastDayGoing } from "./expiry";
import { KeepLess } from "./KeepLess";
import { SectionForm } from "./SectionForm";
import { useProjectForm, type Part } from "./use_project_form";

interface Draft {
  isForEver: boolean;
  days: string;
}

const USUAL_DAYS = "90";
const PART: Part<Draft> = {
  toDraft: ({ retention_days: days }) => ({ isForEver: days === 0, days: days === 0 ? USUAL_DAYS : String(days) }),
  toBody: (draft) => ({ retention_days: daysOf(draft) }),
};
const daysOf = ({ isForEver, days }: Draft): number => (isForEver ? 0 : Number(days));

/** For how long events are kept, what goes next, and what has gone. */
export function DataRetention({ project }: { project: Project }) {
  const form = useProjectForm(project, PART);
  const [isAsking, setIsAsking] = useState(false);
  const mayRead = useHasRole("analyst");
  const { draft, change, fields } = form;
  const days = daysOf(draft);
  const removal = useNextRemoval(days);
  const isLess = isShorter(days, project.retention_days);
  return (
    <div className="flex flex-col gap-4">
      <SectionForm form={form} shown={["retention_days"]} {...(isLess ? { onSave: () => setIsAsking(true) } : {})}>
        <div className="flex flex-wrap items-start gap-3">
          <SelectField
            label="Events are kept"
            className="w-full max-w-xs"
            value={draft.isForEver ? "ever" : "days"}
            onChange={({ target }) => change({ isForEver: target.value === "ever" })}
          >
            <option value="days">For a number of days</option>
            <option value="ever">For ever</option>
          </SelectField>
          {!draft.isForEver && (
            <TextField
              label="Days"
              type="number"
              inputMode="numeric"
              required
              min={1}
              max={DAYS_MAX}
              className="w-40"
              value={draft.days}
              onChange={({ target }) => change({ days: target.value })}
              error={fields.get("retention_days")}
            />
          )}
        </div>
        {draft.isForEver ? <p className="text-sm text-quiet">Nothing is ever removed. The disk has to hold what comes.</p> : <WhatGoes removal={removal} />}
      </SectionForm>
      {isAsking && removal.lastDay && <KeepLess project={project} days={days} lastDay={removal.lastDay} save={form.save} onClose={() => setIsAsking(false)} />}
      {mayRead && <Expired project={project} />}
    </div>
  );
}

interface Removal {
  /** When it is due; only admins are told. */
  due: string | null;
  /** The last day that goes; null where none does, and while the number of days is none. */
  lastDay: string | null;
}

/** The next removal, as the jobs tell it; whoever may not see them is told of one that came now. */
function useNextRemoval(days: number): Removal {
  const jobs = useQuery({ ...jobsQuery, enabled: useHasRole("admin") });
  const due = jobs.data?.jobs.find(({ id }) => id === "expiry")?.next_run_at ?? null;
  return { due, lastDay: lastDayGoing(days, due ? new Date(due) : new Date()) };
}

function WhatGoes({ removal: { due, lastDay } }: { removal: Removal }) {
  if (!lastDay) return null;
  return (
    <div className="flex max-w-prose flex-col gap-2 text-sm">
      <p>
        The next removal takes every event up to and including <strong>{formatRange(lastDay, lastDay)}</strong>, in whole days of UTC.{" "}
        {due ? `It is due at ${formatMoment(due, "UTC")} UTC.` : "It is done once a day."}
      </p>
      <p className="text-quiet">
        What goes is deleted, or archived where the server’s operator has chosen so; the list of what has gone tells which. Metrics still tell
        how many events there were; funnels and the other reports are of the events that are left.
      </p>
    </div>
  );
}
