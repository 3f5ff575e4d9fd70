import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { plural } from "@/format/numbers";
import { useAddress } from "@/questions/use_address";
import { useSettled } from "@/questions/use_settled";
import { Button, ButtonLink } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { Pager } from "@/ui/Pager";
import { EmptyState, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { PEOPLE_ADDRESS } from "./people_view";
import { PEOPLE_PER_PAGE, peopleQuery } from "./people_queries";
import { PeopleTable } from "./PeopleTable";

/** Everybody who did anything, the last seen first. */
export function Page() {
  useTitle("People");
  const project = useProject();
  const { asOf } = useSight();
  const [view, change] = useAddress(PEOPLE_ADDRESS);
  const search = useSettled(view.search.trim());
  const found = useQuery(peopleQuery(project.id, search, view.page));
  return (
    <>
      <PageHead title="People" about="Who was here, the last seen first: known users, and visitors who have not said who they are." />
      {asOf && <p className="mb-4 text-sm text-quiet">This list knows the present only: it shows people as they are now.</p>}
      <div className="mb-4 flex flex-wrap items-end justify-between gap-3">
        <TextField
          label="Search"
          type="search"
          className="w-full sm:w-80"
          placeholder="The beginning of an id"
          value={view.search}
          onChange={({ target }) => change({ search: target.value, page: 1 })}
        />
        {found.data && found.data.total > 0 && (
          <p role="status" className="text-sm text-quiet">
            {plural(found.data.total, "person", "people")}
          </p>
        )}
      </div>
      {found.isPending && <Skeleton className="h-80" />}
      {found.isError && <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />}
      {found.data && found.data.people.length > 0 && (
        <div aria-busy={found.isPlaceholderData} className={clsx(found.isPlaceholderData && "opacity-60 transition-opacity")}>
          <PeopleTable people={found.data.people} timezone={project.timezone} />
          <Pager page={view.page} onPage={(page) => change({ page })} hasMore={view.page * PEOPLE_PER_PAGE < found.data.total} back="Seen later" on="Seen earlier" />
        </div>
      )}
      {found.data?.people.length === 0 &&
        (search || view.page > 1 ? (
          <EmptyState title="Nobody is found" action={<Button onClick={() => change({ search: "", page: 1 })}>Show everybody</Button>}>
            {search ? `No id begins with “${search}”. ` : "The list ends before this page. "}
            Upper and lower case are told apart; traits are not searched.
          </EmptyState>
        ) : (
          <EmptyState
            title="Nobody was here yet"
            action={
              <ButtonLink look="primary" to={`/projects/${project.id}/setup`}>
                Set up tracking
              </ButtonLink>
            }
          >
            With the first event of a visitor they are listed here, with all they did. A call of <code>identify</code> says
            who a visitor is.
          </EmptyState>
        ))}
    </>
  );
}
