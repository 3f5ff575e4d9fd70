import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { ApiError } from "@/api/error";
import { catalogueQuery } from "@/api/queries";
import type { EventSchema, QualityAnswer } from "@/api/types";
import { useSight } from "@/app/as_of";
import { useMay } from "@/app/may";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { qualityQuery } from "@/features/quality/quality_queries";
import { plural } from "@/format/numbers";
import { formatMoment } from "@/format/times";
import { daysOf } from "@/questions/ranges";
import { ButtonLink } from "@/ui/Button";
import { PlusIcon } from "@/ui/icons";
import { Pager } from "@/ui/Pager";
import { EmptyState, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { failuresOf } from "./failures";
import { ModeBadge } from "./ModeBadge";
import { schemasQuery, SCHEMAS_PER_PAGE } from "./schema_queries";
import { WithoutSchema } from "./WithoutSchema";

const LATELY_DAYS = 7;

export function Page() {
  useTitle("Event schemas");
  const project = useProject();
  const sight = useSight();
  const mayMake = useMay("admin");
  const [search, setSearch] = useSearchParams();
  const page = Math.max(1, Math.trunc(Number(search.get("page")) || 1));
  const schemas = useQuery(schemasQuery(project.id, sight.asOf, page));
  const quality = useQuery(qualityQuery(project.id, daysOf({ days: LATELY_DAYS }, "UTC", sight.now)));
  const types = useQuery(catalogueQuery(project.id)).data?.event_types ?? [];
  const turn = (to: number) =>
    setSearch((before) => {
      before.set("page", String(to));
      return before;
    });
  const isForbidden = schemas.error instanceof ApiError && schemas.error.status === 403;
  const isEmpty = schemas.data?.length === 0 && page === 1;
  return (
    <>
      <PageHead title="Event schemas" about="What the properties of each type of event must be, and what becomes of events that are not.">
        {mayMake && (
          <ButtonLink to="new" look="primary">
            <PlusIcon />
            New schema
          </ButtonLink>
        )}
      </PageHead>
      {schemas.isPending && <Skeleton className="h-48" />}
      {schemas.isError && <ErrorNotice error={schemas.error} {...(isForbidden ? {} : { onRetry: () => void schemas.refetch() })} />}
      {isEmpty && (
        <EmptyState title="No schema yet" action={mayMake && <ButtonLink to="new" look="primary">Make one</ButtonLink>}>
          Events are taken with whatever properties they bring. A schema says what they must be, such as an amount that is a
          number, and finds out when a release sends something else. It can be drafted from the events that were seen.
        </EmptyState>
      )}
      {schemas.data && !isEmpty && (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
          {schemas.data.map((schema) => (
            <Line key={schema.id} schema={schema} quality={quality.data} timezone={project.timezone} />
          ))}
        </ul>
      )}
      {schemas.data && <Pager page={page} onPage={turn} hasMore={schemas.data.length === SCHEMAS_PER_PAGE} />}
      {mayMake && schemas.data && <WithoutSchema types={types} taken={schemas.data.map((one) => one.event_type)} isWhole={page === 1 && schemas.data.length < SCHEMAS_PER_PAGE} />}
    </>
  );
}

interface LineProps {
  schema: EventSchema;
  /** Of the last days, once it is known. */
  quality: QualityAnswer | undefined;
  timezone: string;
}

function Line({ schema, quality, timezone }: LineProps) {
  const failing = quality && failuresOf(schema.id, quality.total.schema_failures);
  return (
    <li className="relative flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-3.5 hover:bg-sunken">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2">
          <Link to={schema.id} className="font-semibold break-all after:absolute after:inset-0">
            {schema.event_type}
          </Link>
          <ModeBadge mode={schema.mode} />
        </p>
        <p className="text-sm text-quiet">
          Version {schema.version}, of {formatMoment(schema.updated_at, timezone)}
        </p>
      </div>
      {failing !== undefined && (
        <p className={failing > 0 ? "text-sm font-medium text-danger" : "text-sm text-quiet"}>
          {failing > 0 ? `${plural(failing, "event")} failed in ${LATELY_DAYS} days` : `None failed in ${LATELY_DAYS} days`}
        </p>
      )}
    </li>
  );
}
