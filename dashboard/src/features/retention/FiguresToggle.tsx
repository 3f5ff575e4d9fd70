import { Segmented } from "@/ui/Segmented";
import { FIGURES, type Figures } from "./view";

const NAMES: Record<Figures, string> = { percent: "Percent", people: "Number" };
const CHOICES = FIGURES.map((value) => ({ value, label: NAMES[value] }));

/** What the cells show. */
export function FiguresToggle({ figures, onChange }: { figures: Figures; onChange: (figures: Figures) => void }) {
  return <Segmented label="Cells show" choices={CHOICES} chosen={figures} onChoose={onChange} />;
}
