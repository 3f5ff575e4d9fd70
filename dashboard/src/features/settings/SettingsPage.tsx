import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useSearchParams } from "react-router";
import { useSight } from "@/app/as_of";
import { useHasRole } from "@/app/may";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { rewritten } from "@/questions/use_address";
import { ButtonLink } from "@/ui/Button";
import { ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { Tabs } from "@/ui/Tabs";
import { Collection } from "./Collection";
import { Danger } from "./Danger";
import { General } from "./General";
import { Keys } from "./Keys";
import { Origins } from "./Origins";
import { projectQuery } from "./project_queries";
import { DataRetention } from "./DataRetention";
import { readView, writeView, type Tab } from "./view";

/** Everything that is set for a project, a section a tab. */
export function Page() {
  useTitle("Settings");
  const { id, name } = useProject();
  const { asOf } = useSight();
  const [search, setSearch] = useSearchParams(); // and not useAddress, which shows a choice before it may be taken back
  const { tab } = readView(search);
  const choose = (chosen: Tab) => setSearch(rewritten(search, writeView({ tab }), writeView({ tab: chosen })), { preventScrollReset: true });
  const isAdmin = useHasRole("admin");
  const project = useQuery(projectQuery(id, asOf));
  const sections = (shown: NonNullable<typeof project.data>): { id: Tab; label: string; content: ReactNode }[] => [
    { id: "general", label: "General", content: <General project={shown} /> },
    { id: "keys", label: "Keys", content: <Keys project={shown} /> },
    { id: "origins", label: "Origins", content: <Origins project={shown} /> },
    { id: "collection", label: "Collection", content: <Collection project={shown} /> },
    { id: "retention", label: "Data retention", content: <DataRetention project={shown} /> },
    { id: "danger", label: "Danger", content: <Danger project={shown} /> },
  ];
  return (
    <>
      <PageHead title="Settings" about={`How ${name} counts, who may send events to it, and how long they are kept.`}>
        {isAdmin && <ButtonLink to={`/projects/${id}/history/projects/${id}`}>What was changed</ButtonLink>}
      </PageHead>
      {project.isPending && <Skeleton className="h-80" />}
      {project.isError && <ErrorNotice error={project.error} onRetry={() => void project.refetch()} />}
      {project.data && <Tabs label="Sections" tabs={sections(project.data)} chosen={tab} onChoose={choose} />}
    </>
  );
}
