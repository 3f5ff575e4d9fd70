import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSight } from "@/app/as_of";
import { useMay } from "@/app/may";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { PageHead } from "@/ui/surfaces";
import { FirstEvent } from "./FirstEvent";
import { Snippets } from "./Snippets";
import { Step } from "./Step";
import { Templates } from "./Templates";
import { keptWriteKey } from "./write_key";

/** From nothing to the first chart: paste a snippet, see an event come, pick a funnel. */
export function Page() {
  const project = useProject();
  useTitle("Set up tracking");
  const { asOf } = useSight();
  const mayMake = useMay("analyst");
  const client = useQueryClient();
  const [writeKey, setWriteKey] = useState(() => keptWriteKey(client, project.id));
  return (
    <>
      <PageHead title={`Set up ${project.name}`} about="Three steps to the first chart." />
      {asOf && <p className="mb-4 text-sm text-quiet">This page knows the present only.</p>}
      <ol className="flex flex-col gap-4">
        <Step number={1} title="Add the snippet">
          <Snippets projectId={project.id} writeKey={writeKey} onKey={setWriteKey} />
        </Step>
        <Step number={2} title="See the first event">
          <FirstEvent project={project} />
        </Step>
        <Step number={3} title={mayMake ? "Pick a funnel to start with" : "Funnels to start with"}>
          <Templates projectId={project.id} />
        </Step>
      </ol>
    </>
  );
}
