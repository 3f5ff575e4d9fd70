import { useLocation, useNavigate } from "react-router";
import { formatMoment } from "@/format/times";
import { Button } from "@/ui/Button";
import { backToNow, withAsOf } from "./as_of";

/** Says of every page that it shows what was, and leads back. */
export function PastBanner({ asOf, timezone }: { asOf: string; timezone: string }) {
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  const now = { pathname, search: withAsOf(new URLSearchParams(search), null).toString() };
  return (
    <div role="status" className="mb-5 flex flex-wrap items-center justify-between gap-3 rounded-md bg-warn-soft px-4 py-2.5 text-sm">
      <p>
        You see everything as it was defined at <strong>{formatMoment(asOf, timezone)}</strong>. Nothing can be changed here.
      </p>
      <Button onClick={() => void navigate(now, backToNow)}>Back to now</Button>
    </div>
  );
}
