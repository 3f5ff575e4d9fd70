import { SelectField } from "@/ui/Field";
import type { How } from "./rules";

export function HowField({ label, how, onChange }: { label: string; how: How; onChange: (how: How) => void }) {
  return (
    <SelectField label={label} className="mb-3 max-w-64" value={how} onChange={({ target }) => onChange(target.value === "any" ? "any" : "all")}>
      <option value="all">all of these rules</option>
      <option value="any">any of these rules</option>
    </SelectField>
  );
}

/** What stands between two rules. */
export function Joint({ how }: { how: How }) {
  return (
    <li aria-hidden className="py-1 pl-3 text-sm font-medium text-quiet">
      {how === "all" ? "and" : "or"}
    </li>
  );
}
