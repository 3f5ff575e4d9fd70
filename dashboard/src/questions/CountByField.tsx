import { useQuery } from "@tanstack/react-query";
import { catalogueQuery } from "@/api/queries";
import { SelectField } from "@/ui/Field";
import { propertiesIn } from "./catalogue_names";

interface CountByFieldProps {
  className?: string;
  projectId: string;
  countBy: string;
  onChange: (countBy: string) => void;
}

/** Whose activity it is: people's, sessions', or that of whatever a property names, such as accounts. */
export function CountByField({ className = "w-36 grow", projectId, countBy, onChange }: CountByFieldProps) {
  const catalogue = useQuery(catalogueQuery(projectId)).data;
  const seen = propertiesIn(catalogue).filter((one) => one.startsWith("properties."));
  const properties = countBy.startsWith("properties.") && !seen.includes(countBy) ? [countBy, ...seen] : seen;
  return (
    <SelectField label="Count" className={className} value={countBy} onChange={({ target }) => onChange(target.value)}>
      <option value="users">People</option>
      <option value="sessions">Sessions</option>
      {properties.length > 0 && (
        <optgroup label="Values of">
          {properties.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </optgroup>
      )}
    </SelectField>
  );
}
