import { useEffect, useState } from "react";
import { useSearchParams } from "react-router";
import type { Cohort } from "@/api/types";
import { useProject } from "@/app/project";
import { useSettled } from "@/questions/use_settled";
import { Button, ButtonLink } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { Card, ErrorNotice } from "@/ui/surfaces";
import { toDraft, toSavedForm, type SavedForm } from "./draft";
import { inWords } from "./in_words";
import { RuleBuilder } from "./RuleBuilder";
import { lackOf, rulesIn } from "./rules";
import { useSaveCohort } from "./use_save_cohort";

interface CohortFormProps {
  start: SavedForm;
  /** What is changed; null where a new one is made. */
  saved: Cohort | null;
}

/** What is not saved yet stands in the address: a link is the draft. */
export function CohortForm({ start, saved }: CohortFormProps) {
  const project = useProject();
  const [draft, setDraft] = useState(() => toDraft(start));
  const [isTried, setIsTried] = useState(false);
  const [, setSearch] = useSearchParams();
  const settled = useSettled(toSavedForm(draft, start.definition));
  const [base] = useState(saved); // what the draft was made from: a newer one must not be overwritten unseen
  const save = useSaveCohort(project.id, base);
  useEffect(() => {
    setSearch(
      (before) => {
        before.set("definition", JSON.stringify(settled));
        return before;
      },
      { replace: true, preventScrollReset: true },
    );
  }, [settled, setSearch]);
  const isLacking = draft.rules !== null && rulesIn(draft.rules).some((rule) => lackOf(rule) !== null);
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setIsTried(true);
        if (!isLacking) save.mutate(toSavedForm(draft, start.definition));
      }}
    >
      <Card className="grid gap-4 sm:grid-cols-2">
        <TextField label="Name" required maxLength={200} placeholder="Regular buyers" value={draft.name} onChange={({ target }) => setDraft({ ...draft, name: target.value })} />
        <TextField label="Description (optional)" maxLength={2000} value={draft.description} onChange={({ target }) => setDraft({ ...draft, description: target.value })} />
      </Card>
      <Card>
        <h2 className="mb-3">Who is in it</h2>
        {draft.rules ? (
          <RuleBuilder rules={draft.rules} projectId={project.id} isTried={isTried} onChange={(rules) => setDraft({ ...draft, rules })} />
        ) : (
          <TooDeep definition={start.definition} />
        )}
        <p className="mt-4 rounded-md bg-sunken p-3 text-sm break-words">{inWords(settled.definition)}</p>
      </Card>
      {save.error && <ErrorNotice error={save.error} />}
      <div className="flex gap-2">
        <Button type="submit" look="primary" isBusy={save.isPending}>
          {saved ? "Save the changes" : "Save the cohort"}
        </Button>
        <ButtonLink to={`/projects/${project.id}/cohorts${saved ? `/${saved.id}` : ""}`}>Cancel</ButtonLink>
      </div>
    </form>
  );
}

function TooDeep({ definition }: Pick<SavedForm, "definition">) {
  return (
    <>
      <p className="max-w-prose text-sm">
        These rules were made through the API. They say more than can be changed here: groups in groups, or times of day. You
        can change the name and the description; the rules stay as they are.
      </p>
      <pre tabIndex={0} aria-label="Definition" className="mt-3 max-h-96 overflow-auto rounded-md bg-sunken p-3 text-xs">
        {JSON.stringify(definition, null, 2)}
      </pre>
    </>
  );
}
