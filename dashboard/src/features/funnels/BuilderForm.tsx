import { useEffect, useState } from "react";
import { useSearchParams } from "react-router";
import type { Funnel } from "@/api/types";
import { useProject } from "@/app/project";
import { Button, ButtonLink } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { Card, ErrorNotice } from "@/ui/surfaces";
import { toDraft, toSavedForm, type SavedForm } from "./draft";
import { Exclusions } from "./Exclusions";
import { Preview } from "./Preview";
import { Rules } from "./Rules";
import { StageList } from "./StageList";
import { useSaveFunnel } from "./use_save_funnel";
import { useSettled } from "@/questions/use_settled";

interface BuilderFormProps {
  start: SavedForm;
  /** What is changed; null where a new one is made. */
  saved: Funnel | null;
}

export function BuilderForm({ start, saved }: BuilderFormProps) {
  const project = useProject();
  const [draft, setDraft] = useState(() => toDraft(start));
  const [, setSearch] = useSearchParams();
  const settled = useSettled(draft);
  const [base] = useState(saved); // what the draft was made from: a newer one must not be overwritten unseen
  const save = useSaveFunnel(project.id, base);
  useEffect(() => {
    const definition = JSON.stringify(toSavedForm(settled));
    setSearch(
      (before) => {
        before.set("definition", definition);
        return before;
      },
      { replace: true, preventScrollReset: true },
    );
  }, [settled, setSearch]);
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(draft);
        }}
      >
        <Card className="flex flex-col gap-4">
          <TextField label="Name" required maxLength={200} placeholder="Purchase" value={draft.name} onChange={({ target }) => setDraft({ ...draft, name: target.value })} />
          <TextField label="Description (optional)" value={draft.description} onChange={({ target }) => setDraft({ ...draft, description: target.value })} />
        </Card>
        <Card>
          <StageList draft={draft} projectId={project.id} onChange={setDraft} />
        </Card>
        <Card>
          <Rules draft={draft} onChange={setDraft} />
        </Card>
        <Card>
          <Exclusions draft={draft} projectId={project.id} onChange={setDraft} />
        </Card>
        {save.error && <ErrorNotice error={save.error} />}
        <div className="flex gap-2">
          <Button type="submit" look="primary" isBusy={save.isPending}>
            {saved ? "Save the changes" : "Save the funnel"}
          </Button>
          <ButtonLink to={saved ? `/projects/${project.id}/funnels/${saved.id}` : `/projects/${project.id}/funnels`}>Cancel</ButtonLink>
        </div>
      </form>
      <Preview project={project} draft={settled} />
    </div>
  );
}
