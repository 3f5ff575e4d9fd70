import type { Project } from "@/api/types";
import { SelectField, TextField } from "@/ui/Field";
import { Lines } from "./Lines";
import { fromLimit, toLimit, type LimitKind } from "./rate_limit";
import { SectionForm } from "./SectionForm";
import { useProjectForm, type Part } from "./use_project_form";

interface Draft {
  eventTypes: string[];
  urlParameters: string[];
  limit: LimitKind;
  figure: string;
}

const PART: Part<Draft> = {
  toDraft: (project) => {
    const { kind, figure } = toLimit(project.rate_limit_events_per_minute);
    return { eventTypes: project.event_types, urlParameters: project.url_parameters, limit: kind, figure };
  },
  toBody: ({ eventTypes, urlParameters, limit, figure }) => ({
    event_types: eventTypes,
    url_parameters: urlParameters,
    rate_limit_events_per_minute: fromLimit({ kind: limit, figure }),
  }),
};

/** What is taken of what is sent. */
export function Collection({ project }: { project: Project }) {
  const form = useProjectForm(project, PART);
  const { draft, change, fields } = form;
  return (
    <SectionForm form={form} shown={["event_types", "url_parameters", "rate_limit_events_per_minute"]}>
      <Lines
        label="Event types that are taken"
        about="Others are refused, and kept for a while under Data quality. A star stands for any characters, as in checkout.*"
        one="Event type"
        none="None is listed: every event type is taken."
        placeholder="checkout.*"
        lines={draft.eventTypes}
        onChange={(eventTypes) => change({ eventTypes })}
        name="event_types"
        fields={fields}
      />
      <Lines
        label="Parameters that stay in addresses"
        about="All other parameters are taken out of an event’s url and referrer before it is stored, because they may name a person. Campaigns (utm_source and the like) are read before. Events that are stored already stay as they are."
        one="Parameter"
        none="None is listed: all parameters are taken out."
        placeholder="product_id"
        lines={draft.urlParameters}
        onChange={(urlParameters) => change({ urlParameters })}
        name="url_parameters"
        fields={fields}
      />
      <div className="flex flex-wrap items-start gap-3">
        <SelectField
          label="Events a minute, of each key"
          className="w-full max-w-xs"
          value={draft.limit}
          onChange={({ target }) => change({ limit: target.value as LimitKind })}
          hint="What is more is answered with 429, and the tracker sends it again later."
        >
          <option value="server">As many as the server allows</option>
          <option value="own">At most …</option>
          <option value="none">No limit</option>
        </SelectField>
        {draft.limit === "own" && (
          <TextField
            label="At most"
            type="number"
            required
            inputMode="numeric"
            min={1}
            className="w-40"
            value={draft.figure}
            onChange={({ target }) => change({ figure: target.value })}
            error={fields.get("rate_limit_events_per_minute")}
          />
        )}
      </div>
    </SectionForm>
  );
}
