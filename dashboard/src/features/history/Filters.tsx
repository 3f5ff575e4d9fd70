import { useQuery } from "@tanstack/react-query";
import { Button } from "@/ui/Button";
import { SelectField, TextField } from "@/ui/Field";
import { Card } from "@/ui/surfaces";
import { DEEDS, KIND_CHOICES, readHistory, type Deed, type HistoryView, type KindChoice } from "./filters";
import { memberNamesQuery } from "./history_queries";
import { kindOf } from "./kinds";

interface FiltersProps {
  view: HistoryView;
  onChange: (change: Partial<HistoryView>) => void;
}

const NONE = readHistory(new URLSearchParams());

/** Which changes are listed. */
export function Filters({ view, onChange }: FiltersProps) {
  const names = useQuery(memberNamesQuery);
  const choose = (change: Partial<HistoryView>) => onChange({ ...change, page: 1 });
  const isFiltered = [view.kind, view.deed, view.actor, view.from, view.to].some(Boolean);
  return (
    <Card className="mb-4 grid grid-cols-2 items-end gap-3 sm:grid-cols-3 lg:grid-cols-[repeat(5,minmax(0,1fr))_auto]">
      <SelectField label="What" value={view.kind ?? ""} onChange={({ target }) => choose({ kind: (target.value || null) as KindChoice })}>
        <option value="">Anything</option>
        {KIND_CHOICES.map((kind) => (
          <option key={kind} value={kind}>
            {plural(kindOf(kind).words)}
          </option>
        ))}
        <option value="everything">Sign-ins, too</option>
      </SelectField>
      <SelectField label="What was done" value={view.deed ?? ""} onChange={({ target }) => choose({ deed: (target.value || null) as Deed | null })}>
        <option value="">Anything</option>
        {Object.entries(DEEDS).map(([deed, { words }]) => (
          <option key={deed} value={deed}>
            {words}
          </option>
        ))}
      </SelectField>
      <SelectField label="By" value={view.actor ?? ""} onChange={({ target }) => choose({ actor: target.value || null })}>
        <option value="">Anybody</option>
        {[...(names.data ?? [])].map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <TextField label="From" type="date" value={view.from ?? ""} onChange={({ target }) => choose({ from: target.value || null })} />
      <TextField label="To" type="date" value={view.to ?? ""} onChange={({ target }) => choose({ to: target.value || null })} />
      <Button look="quiet" disabled={!isFiltered} onClick={() => onChange({ ...NONE, tab: view.tab })}>
        Clear
      </Button>
    </Card>
  );
}

/** `API keys`, `Funnels` */
const plural = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}s`;
