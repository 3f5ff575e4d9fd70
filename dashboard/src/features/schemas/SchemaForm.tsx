import { useId, useMemo, useRef } from "react";
import { ApiError } from "@/api/error";
import type { EventSchema } from "@/api/types";
import { useMay } from "@/app/may";
import { useProject } from "@/app/project";
import { EventPicker } from "@/questions/EventPicker";
import { useAddress } from "@/questions/use_address";
import { Button, ButtonLink } from "@/ui/Button";
import { Card } from "@/ui/surfaces";
import { UnsavedChanges } from "@/ui/UnsavedChanges";
import { Breaks } from "./Breaks";
import { DraftButton } from "./DraftButton";
import { DryRun } from "./DryRun";
import { isOfSchema, pathIn } from "./fault_paths";
import { goToLine, JsonEditor } from "./JsonEditor";
import { ModeChoice } from "./ModeChoice";
import { prettyJson, type Draft } from "./schema_draft";
import { SchemaHead } from "./SchemaHead";
import { SchemaRefusal } from "./SchemaRefusal";
import { SchemaSummary } from "./SchemaSummary";
import { summaryOf } from "./summary";
import { TextState } from "./TextState";
import { useDraft } from "./use_draft";
import { isBreak, useSaveSchema } from "./use_save_schema";
import { SCHEMA_ADDRESS } from "./view";

/** The text of a schema, what it means, what it would do to stored events, and what becomes of those that fail. */
export function SchemaForm({ saved }: { saved: EventSchema | null }) {
  const project = useProject();
  const mayTry = useMay("analyst");
  const maySave = useMay("admin");
  const [view, changeView] = useAddress(SCHEMA_ADDRESS);
  const form = useDraft(saved);
  const { base, draft, read } = form;
  const field = useRef<HTMLTextAreaElement>(null);
  const stateId = useId();
  const summary = useMemo(() => read.schema && summaryOf(read.schema), [read.schema]);
  const save = useSaveSchema(base, form.keep);
  const eventType = base?.event_type ?? view.eventType.trim();
  const change = (changed: Partial<Draft>) => {
    save.reset(); // what was said was of another text
    form.change(changed);
  };
  const send = (isBreaking: boolean) => read.schema && save.mutate({ eventType, text: draft.text, schema: read.schema, mode: draft.mode, isBreaking });
  const lines = { lineOf: read.schema ? read.lineOf : () => 1, onLine: (line: number) => field.current && goToLine(field.current, line) };
  const refused = save.error instanceof ApiError ? [...save.error.fields.keys()].filter(isOfSchema) : [];
  const marked = read.fault ? [read.fault.line] : refused.map((path) => lines.lineOf(pathIn(path)));
  return (
    <>
      <SchemaHead schema={base} />
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          send(false);
        }}
      >
        {mayTry && (
          <Card className="flex flex-col gap-3">
            {!base && <EventPicker label="Event type" className="max-w-md" projectId={project.id} value={view.eventType} onChange={(type) => changeView({ eventType: type })} />}
            <DraftButton
              eventType={eventType}
              onDraft={(schema) => {
                save.reset();
                form.replaceText(prettyJson(schema));
              }}
              onUndo={form.takeBack}
            />
          </Card>
        )}
        <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,22rem)]">
          <Card>
            <JsonEditor
              label="JSON Schema of the properties"
              text={draft.text}
              onChange={(text) => change({ text })}
              isReadOnly={!mayTry}
              marked={marked}
              describedBy={stateId}
              field={field}
            />
            <TextState id={stateId} fault={read.fault} onLine={lines.onLine} onTidy={mayTry && read.schema ? () => change({ text: prettyJson(read.schema) }) : null} />
          </Card>
          <SchemaSummary summary={summary} />
        </div>
        {mayTry && <DryRun view={view} onChange={changeView} eventType={eventType} schema={read.schema} lines={lines} />}
        <Card>
          <ModeChoice mode={draft.mode} onChange={(mode) => change({ mode })} isReadOnly={!maySave} />
        </Card>
        {save.error && (
          <SchemaRefusal error={save.error} {...lines} {...(isBreak(save.error) ? { title: "This change breaks something: events that pass now may fail then." } : {})}>
            {isBreak(save.error) && <Breaks isBusy={save.isPending} onForce={() => send(true)} />}
          </SchemaRefusal>
        )}
        {maySave && (
          <div className="flex flex-wrap items-center gap-2">
            <Button type="submit" look="primary" isBusy={save.isPending} disabled={!read.schema || eventType === "" || form.isAsSaved}>
              {base ? "Save the changes" : "Save the schema"}
            </Button>
            <ButtonLink to={`/projects/${project.id}/schemas`}>{form.isChanged ? "Cancel" : "All schemas"}</ButtonLink>
          </div>
        )}
        {mayTry && !maySave && <p className="text-sm text-quiet">Schemas are saved by admins; to try one changes nothing.</p>}
      </form>
      <UnsavedChanges isChanged={form.isChanged} lostBy="page" />
    </>
  );
}
