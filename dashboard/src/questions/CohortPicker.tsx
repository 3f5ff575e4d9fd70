import type { Cohort } from "@/api/types";
import { SelectField } from "@/ui/Field";

interface CohortPickerProps {
  /** Not there yet while they are on their way. */
  cohorts: readonly Cohort[] | undefined;
  /** Its id; a line that is not finished has none. */
  value: string;
  onChange: (cohortId: string) => void;
}

/** The cohort that a line of a filter names. */
export function CohortPicker({ cohorts, value, onChange }: CohortPickerProps) {
  const isKnown = cohorts?.some((one) => one.id === value) ?? false;
  const unknown = cohorts ? "A cohort that is not there" : "…";
  return (
    <SelectField label="Cohort" isLabelHidden value={value} onChange={({ target }) => onChange(target.value)}>
      {!isKnown && <option value={value}>{value ? unknown : "Choose a cohort"}</option>}
      {cohorts?.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}
