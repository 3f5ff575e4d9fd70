import { useQuery } from "@tanstack/react-query";
import { catalogueQuery } from "@/api/queries";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { useAddress } from "@/questions/use_address";
import { PageHead, Skeleton } from "@/ui/surfaces";
import { newSeries } from "./series";
import { TrendsReport } from "./TrendsReport";
import { readView, writeView } from "./view";

const WRITING = { read: readView, write: writeView, typed: ["series", "formulas", "filter"] as const };

/** A new page shows the event that is the most frequent. */
export function Page() {
  useTitle("Trends");
  const project = useProject();
  const [view, change] = useAddress(WRITING);
  const hasSeries = view.series.length > 0;
  const catalogue = useQuery({ ...catalogueQuery(project.id), enabled: !hasSeries });
  const first = catalogue.data?.event_types[0]?.event_type ?? "";
  return (
    <>
      <PageHead title="Trends" about="How often something happens, with how many people, and how that changes." />
      {!hasSeries && catalogue.isPending ? (
        <Skeleton className="h-80" />
      ) : (
        <TrendsReport view={view} series={hasSeries ? view.series : [newSeries(first)]} onChange={change} />
      )}
    </>
  );
}
