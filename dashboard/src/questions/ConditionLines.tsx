import { useQuery } from "@tanstack/react-query";
import { catalogueQuery, cohortsQuery } from "@/api/queries";
import { useSight } from "@/app/as_of";
import { Button, IconButton } from "@/ui/Button";
import { SelectField, SuggestField } from "@/ui/Field";
import { CloseIcon } from "@/ui/icons";
import { propertiesIn, valuesIn } from "./catalogue_names";
import { CohortPicker } from "./CohortPicker";
import { COHORT, OPERATORS, operatorsOf, takesValue, withProperty, type Condition, type Operator } from "./conditions";

interface ConditionLinesProps {
  label: string;
  projectId: string;
  /** Suggests what events of this type have; of any type where there is none. */
  eventType?: string;
  conditions: readonly Condition[];
  onChange: (conditions: Condition[]) => void;
  /** A cohort's own conditions name no cohort. */
  hasCohorts?: boolean;
}

/** Lines of a filter that must all hold; properties and values are suggested from what was seen. */
export function ConditionLines({ label, projectId, eventType, conditions, onChange, hasCohorts = true }: ConditionLinesProps) {
  const catalogue = useQuery(catalogueQuery(projectId, eventType || undefined)).data;
  const cohorts = useQuery({ ...cohortsQuery(projectId, useSight().asOf), enabled: hasCohorts }).data;
  const properties = [...propertiesIn(catalogue, eventType), ...(cohorts?.length ? [COHORT] : [])];
  const change = (place: number, changed: Partial<Condition>) =>
    onChange(conditions.map((one, at) => (at === place ? { ...one, ...changed } : one)));
  return (
    <fieldset className="@container flex flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">{label}</legend>
      {conditions.map((condition, place) => (
        <div key={place} className="grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)_auto] items-end gap-2 @xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)_minmax(0,3fr)_auto]">
          <SuggestField
            label="Property"
            isLabelHidden
            className="col-span-3 @xl:col-span-1"
            placeholder="Property"
            suggestions={properties}
            value={condition.property}
            onChange={({ target }) => change(place, withProperty(condition, target.value))}
          />
          <SelectField
            label="Comparison"
            isLabelHidden
            value={condition.operator}
            onChange={({ target }) => change(place, { operator: target.value as Operator })}
          >
            {operatorsOf(condition.property).map((operator) => (
              <option key={operator} value={operator}>
                {OPERATORS[operator]}
              </option>
            ))}
          </SelectField>
          {condition.property === COHORT ? (
            <CohortPicker cohorts={cohorts} value={condition.value} onChange={(value) => change(place, { value })} />
          ) : takesValue(condition.operator) ? (
            <SuggestField
              label="Value"
              isLabelHidden
              placeholder="Value"
              suggestions={valuesIn(catalogue, condition.property)}
              value={condition.value}
              onChange={({ target }) => change(place, { value: target.value })}
            />
          ) : (
            <span />
          )}
          <IconButton label="Remove this condition" onClick={() => onChange(conditions.filter((_, at) => at !== place))}>
            <CloseIcon />
          </IconButton>
        </div>
      ))}
      <div>
        <Button look="quiet" onClick={() => onChange([...conditions, { property: "", operator: "eq", value: "" }])}>
          {conditions.length > 0 ? "And …" : "Add a condition"}
        </Button>
      </div>
    </fieldset>
  );
}
