import type { Project } from "@/api/types";
import { SelectField, SuggestField, TextField } from "@/ui/Field";
import { CalendarWarning } from "./CalendarWarning";
import { SectionForm } from "./SectionForm";
import { useProjectForm, type Part } from "./use_project_form";

type WeekStart = Project["week_start"];
interface Draft {
  name: string;
  domain: string;
  timezone: string;
  weekStart: WeekStart;
}

const ZONES = Intl.supportedValuesOf("timeZone");
const PART: Part<Draft> = {
  toDraft: ({ name, domain, timezone, week_start: weekStart }) => ({ name, domain: domain ?? "", timezone, weekStart }),
  toBody: ({ name, domain, timezone, weekStart }) => ({ name, domain: domain || null, timezone, week_start: weekStart }),
};

/** What the project is called, and the calendar that it counts by. */
export function General({ project }: { project: Project }) {
  const form = useProjectForm(project, PART);
  const { draft, change, fields } = form;
  return (
    <SectionForm form={form} shown={["name", "domain", "timezone", "week_start"]}>
      <TextField
        label="Name"
        className="max-w-md"
        required
        maxLength={200}
        value={draft.name}
        onChange={({ target }) => change({ name: target.value })}
        error={fields.get("name")}
      />
      <TextField
        label="Domain (optional)"
        className="max-w-md"
        placeholder="shop.example.com"
        value={draft.domain}
        onChange={({ target }) => change({ domain: target.value })}
        hint="For your own orientation. Which pages may send events is said under Origins."
        error={fields.get("domain")}
      />
      <SuggestField
        label="Time zone"
        className="max-w-md"
        suggestions={ZONES}
        value={draft.timezone}
        onChange={({ target }) => change({ timezone: target.value })}
        hint="Days, weeks and months in reports follow its calendar."
        error={fields.get("timezone")}
      />
      <SelectField
        label="A week starts on"
        className="max-w-md"
        value={draft.weekStart}
        onChange={({ target }) => change({ weekStart: target.value as WeekStart })}
        error={fields.get("week_start")}
      >
        <option value="monday">Monday</option>
        <option value="sunday">Sunday</option>
      </SelectField>
      <CalendarWarning timezone={draft.timezone !== project.timezone ? draft.timezone : null} isWeekMoved={draft.weekStart !== project.week_start} />
    </SectionForm>
  );
}
