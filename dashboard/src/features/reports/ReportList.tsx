import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { reportsQuery } from "@/api/queries";
import type { Report } from "@/api/types";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { formatMoment } from "@/format/times";
import { useAddress } from "@/questions/use_address";
import { ButtonLink } from "@/ui/Button";
import { SelectField, TextField } from "@/ui/Field";
import { EmptyState, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { KINDS } from "./kinds";
import { found, readSearch, writeSearch } from "./search";

const WRITING = { read: readSearch, write: writeSearch, typed: ["text"] as const };

export function Page() {
  useTitle("Saved reports");
  const project = useProject();
  const reports = useQuery(reportsQuery(project.id, useSight().asOf));
  const root = `/projects/${project.id}`;
  return (
    <>
      <PageHead title="Saved reports" about="Questions that somebody keeps: each is asked anew when it is opened, so its figures are never old." />
      {reports.isPending && <Skeleton className="h-48" />}
      {reports.isError && <ErrorNotice error={reports.error} onRetry={() => void reports.refetch()} />}
      {reports.data?.length === 0 && (
        <EmptyState
          title="No report is saved yet"
          action={
            <>
              <ButtonLink to={`${root}/trends`} look="primary">
                Ask for trends
              </ButtonLink>
              <ButtonLink to={`${root}/funnels`}>Open a funnel</ButtonLink>
            </>
          }
        >
          Ask a question on any page, from Funnels to Sessions, and choose “Save as a report” below its chart. Saved reports can
          be put side by side on a dashboard.
        </EmptyState>
      )}
      {reports.data && reports.data.length > 0 && <Found reports={reports.data} timezone={project.timezone} />}
    </>
  );
}

function Found({ reports, timezone }: { reports: readonly Report[]; timezone: string }) {
  const [search, change] = useAddress(WRITING);
  const shown = found(reports, search);
  const kinds = Object.entries(KINDS).filter(([kind]) => reports.some((one) => one.kind === kind));
  return (
    <>
      <div className="mb-4 flex flex-wrap gap-3">
        <TextField label="Search by name or description" type="search" className="min-w-48 grow sm:max-w-80" value={search.text} onChange={({ target }) => change({ text: target.value })} />
        <SelectField label="Kind" className="w-40" value={search.kind ?? ""} onChange={({ target }) => change({ kind: readSearch(new URLSearchParams({ kind: target.value })).kind })}>
          <option value="">All</option>
          {kinds.map(([kind, { label }]) => (
            <option key={kind} value={kind}>
              {label}
            </option>
          ))}
        </SelectField>
      </div>
      {shown.length === 0 && <p className="text-quiet">No saved report has these words in its name or description.</p>}
      {shown.length > 0 && (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
          {shown.map(({ id, kind, name, description, updated_at: changed }) => (
            <li key={id} className="relative flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 px-4 py-3 hover:bg-sunken">
              <div className="min-w-0">
                <Link to={id} className="font-semibold break-words after:absolute after:inset-0">
                  {name}
                </Link>
                {description && <p className="text-sm text-quiet">{description}</p>}
              </div>
              <p className="text-sm text-quiet">
                {KINDS[kind].label} · {formatMoment(changed, timezone)}
              </p>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
