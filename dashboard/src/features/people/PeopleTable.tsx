import { Link } from "react-router";
import type { SeenPerson } from "@/api/types";
import { formatCount } from "@/format/numbers";
import { formatMoment } from "@/format/times";
import { someTraits } from "./some_traits";

const TRAITS_SHOWN = 3;

export function PeopleTable({ people, timezone }: { people: readonly SeenPerson[]; timezone: string }) {
  const moment = (at: string | null): string => (at ? formatMoment(at, timezone) : "–");
  const hasTraits = people.some((person) => Object.keys(person.traits).length > 0);
  const heads = ["Who", "Last seen", "First seen", "Events", ...(hasTraits ? ["Traits"] : [])];
  return (
    <div className="overflow-x-auto rounded-lg border border-line bg-surface" tabIndex={0} role="region" aria-label="People">
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-left text-quiet">
            {heads.map((head) => (
              <th key={head} scope="col" className={head === "Events" ? "px-4 py-2 text-right font-medium" : "px-4 py-2 font-medium"}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <tr key={`${person.is_anonymous}-${person.id}`} className="border-b border-line last:border-0">
              <th scope="row" className="min-w-52 px-4 py-2 text-left font-normal wrap-anywhere">
                <Link className="link mr-2" to={encodeURIComponent(person.id)}>
                  {person.id}
                </Link>
                {person.is_anonymous && <span className="inline-block text-quiet">Anonymous</span>}
              </th>
              <td className="px-4 py-2 whitespace-nowrap">{moment(person.last_seen)}</td>
              <td className="px-4 py-2 whitespace-nowrap">{moment(person.first_seen)}</td>
              <td className="px-4 py-2 text-right">{formatCount(person.event_count)}</td>
              {hasTraits && (
                <td className="min-w-44 px-4 py-2">
                  <Traits traits={person.traits} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Traits({ traits }: Pick<SeenPerson, "traits">) {
  const { shown, more } = someTraits(traits, TRAITS_SHOWN);
  if (shown.length === 0) return <span className="text-quiet">–</span>;
  return (
    <ul className="flex flex-wrap gap-1">
      {shown.map(([name, value]) => (
        <li key={name} className="max-w-56 truncate rounded bg-sunken px-1.5">
          <span className="text-quiet">{name}</span> {value}
        </li>
      ))}
      {more > 0 && <li className="px-1 text-quiet">+{more}</li>}
    </ul>
  );
}
