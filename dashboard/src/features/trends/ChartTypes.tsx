import { Segmented } from "@/ui/Segmented";
import { CHARTS, type ChartType } from "./view";

const NAMES: Record<ChartType, string> = { line: "Lines", bar: "Bars" };
const CHOICES = CHARTS.map((value) => ({ value, label: NAMES[value] }));

export function ChartTypes({ value, onChange }: { value: ChartType; onChange: (chart: ChartType) => void }) {
  return <Segmented label="Chart" choices={CHOICES} chosen={value} onChoose={onChange} />;
}
