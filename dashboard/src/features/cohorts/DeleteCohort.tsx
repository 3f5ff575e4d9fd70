import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, done } from "@/api/client";
import type { Cohort } from "@/api/types";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Confirm";
import { useSay } from "@/ui/toasts";

export function DeleteCohort({ cohort }: { cohort: Cohort }) {
  const [isAsking, setIsAsking] = useState(false);
  const client = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  const run = async () => {
    await done(api.DELETE("/api/v1/cohorts/{cohort_id}", { params: { path: { cohort_id: cohort.id } } }));
    say(`${cohort.name} is deleted.`);
    await navigate(`/projects/${cohort.project_id}/cohorts`);
    await client.invalidateQueries();
  };
  return (
    <>
      <Button look="danger" onClick={() => setIsAsking(true)}>
        Delete
      </Button>
      {isAsking && (
        <Confirm title={`Delete ${cohort.name}?`} action="Delete it" run={run} onClose={() => setIsAsking(false)}>
          <p>
            People and their events stay. Reports and funnels that are filtered by it cannot be answered any more, until they
            are changed, or until the cohort is brought back from its history.
          </p>
        </Confirm>
      )}
    </>
  );
}
