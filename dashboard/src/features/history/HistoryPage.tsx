import type { ReactNode } from "react";
import { useHasRole } from "@/app/may";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { useAddress } from "@/questions/use_address";
import { EmptyState, PageHead } from "@/ui/surfaces";
import { Tabs } from "@/ui/Tabs";
import { AccessTab } from "./AccessTab";
import { ChangesTab } from "./ChangesTab";
import { DeletedTab } from "./DeletedTab";
import { readHistory, writeHistory, type Tab } from "./filters";
import { ProofTab } from "./ProofTab";
import { WholeNote } from "./WholeNote";

const WRITING = { read: readHistory, write: writeHistory };

/** The organisation's log, for those who may see all of it. */
export function Page() {
  useTitle("History");
  const project = useProject();
  const mayRead = useHasRole("admin");
  const [view, change] = useAddress(WRITING);
  const tabs: { id: Tab; label: string; content: ReactNode }[] = [
    { id: "changes", label: "Changes", content: <ChangesTab project={project} view={view} onChange={change} /> },
    { id: "deleted", label: "Deleted", content: <DeletedTab project={project} /> },
    { id: "access", label: "Access", content: <AccessTab project={project} page={view.page} onPage={(page) => change({ page })} /> },
    { id: "proof", label: "Proof and export", content: <ProofTab project={project} /> },
  ];
  return (
    <>
      <PageHead title="History" about="Who changed what in this organisation, when, and what it was before." />
      <WholeNote />
      {mayRead ? (
        <Tabs label="Parts of the history" tabs={tabs} chosen={view.tab} onChoose={(tab) => change({ tab, page: 1 })} />
      ) : (
        <EmptyState title="Only owners and admins see the whole history">
          It names people and what they did. You see the history of each funnel, report, dashboard and cohort by “History” on its
          own page, and every page as it was by “Look back”. An owner or admin can make you one of them.
        </EmptyState>
      )}
    </>
  );
}
