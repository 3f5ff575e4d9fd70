import { lazy, Suspense, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { formatMoment } from "@/format/times";
import { Button } from "@/ui/Button";
import { backToNow, withAsOf } from "./as_of";

const LookBack = lazy(() => import("./LookBack"));

/** Says of every page that it shows what was, and leads to another moment, or back. */
export function PastBanner({ asOf, timezone }: { asOf: string; timezone: string }) {
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  const [isChoosing, setIsChoosing] = useState(false);
  const now = { pathname, search: withAsOf(new URLSearchParams(search), null).toString() };
  return (
    <>
      <div role="status" className="mb-5 flex flex-wrap items-center justify-between gap-2 rounded-md bg-warn-soft px-3 py-2 text-sm">
        <p className="min-w-60 flex-1">
          You see everything as it was defined at <strong>{formatMoment(asOf, timezone)}</strong>. Nothing can be changed here.
        </p>
        <div className="flex flex-wrap gap-2">
          <Button className="px-2.5!" onClick={() => setIsChoosing(true)}>Another moment</Button>
          <Button className="px-2.5!" onClick={() => void navigate(now, backToNow)}>Back to now</Button>
        </div>
      </div>
      {isChoosing && (
        <Suspense>
          <LookBack timezone={timezone} onClose={() => setIsChoosing(false)} />
        </Suspense>
      )}
    </>
  );
}
