import type { ReactNode } from "react";
import { useMay } from "@/app/may";
import { useSight } from "@/app/as_of";
import { Button } from "@/ui/Button";
import { Card, ErrorNotice } from "@/ui/surfaces";
import { UnsavedChanges } from "@/ui/UnsavedChanges";
import type { ProjectForm } from "./use_project_form";

interface SectionFormProps {
  /** Only what all sections' forms have in common is used here. */
  form: Omit<ProjectForm<never>, "draft" | "change">;
  /** The fields whose refusals are shown beside them. */
  shown: readonly string[];
  /** Asks before the changes are saved; without it they just are. */
  onSave?: () => void;
  children: ReactNode;
}

/** A section of the settings: for admins a form, for others the same to read. */
export function SectionForm({ form, shown, onSave, children }: SectionFormProps) {
  const mayEdit = useMay("admin");
  const { asOf } = useSight();
  const isBeside = form.fields.size > 0 && [...form.fields.keys()].every((field) => shown.includes(field.split(".")[0] ?? ""));
  const save = onSave ?? (() => void form.save().catch(() => undefined)); // the form shows what was refused
  return (
    <Card>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (form.isDirty) save();
        }}
      >
        {!mayEdit && !asOf && <p className="mb-4 text-sm text-quiet">Admins and owners can change this.</p>}
        <fieldset disabled={!mayEdit} className="flex min-w-0 flex-col gap-5">
          {children}
        </fieldset>
        {form.error && !isBeside && (
          <div className="mt-4">
            <ErrorNotice error={form.error} />
          </div>
        )}
        {mayEdit && (
          <div className="mt-5 flex flex-wrap items-center gap-2">
            <Button type="submit" look="primary" disabled={!form.isDirty} isBusy={form.isSaving}>
              Save the changes
            </Button>
            {form.isDirty ? <Button onClick={form.discard}>Discard them</Button> : <span className="text-sm text-quiet">Nothing is changed.</span>}
          </div>
        )}
      </form>
      <UnsavedChanges isChanged={form.isDirty && !form.isSaving} lostBy="address" />
    </Card>
  );
}
