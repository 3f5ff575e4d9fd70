import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";

/** How something stands in an address; what is as usual is left out. */
export interface Writing<View> {
  read: (search: URLSearchParams) => View;
  write: (view: View) => URLSearchParams;
  /** Of these fields a step back undoes a choice, not a letter. */
  typed?: readonly (keyof View)[];
}

/** What was chosen, while the router has not shown it yet. */
interface Ahead {
  search: URLSearchParams;
  /** The router has gone there, or has been called away on the way. */
  isDone: boolean;
}

/**
 * The view that the address says, and a way to change it; parameters that are not the view's stay.
 *
 * The router shows a change some moments later. Until then what was chosen is kept `ahead` of it: a field that is given
 * its old value in between loses the letter that was typed, and the place of the cursor.
 */
export function useAddress<View>({ read, write, typed = [] }: Writing<View>): [View, (change: Partial<View>) => void] {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const [ahead, setAhead] = useState<Ahead | null>(null);
  const shown = ahead?.search ?? search;
  const latest = useRef(shown);
  useLayoutEffect(() => {
    latest.current = shown;
  }, [shown]);
  useLayoutEffect(() => {
    // after every commit: whoever goes back at once is where they were, and no dependency has changed
    if (ahead && isOver(ahead, search, location.search)) setAhead(null);
  });
  const view = useMemo(() => read(shown), [read, shown]);
  const change = useCallback(
    (changed: Partial<View>) => {
      const before = latest.current;
      const next: Ahead = { search: rewritten(before, write(read(before)), write({ ...read(before), ...changed })), isDone: false };
      latest.current = next.search;
      setAhead(next);
      const options = { preventScrollReset: true, replace: typed.some((field) => field in changed) };
      void Promise.resolve(navigate(`?${next.search.toString()}`, options)).then(() => {
        next.isDone = true;
        setAhead((now) => (now === next && isOver(next, null, location.search) ? null : now));
      });
    },
    [navigate, read, write, typed],
  );
  return [view, change];
}

/** Whether the router shows what was chosen, or somebody has gone elsewhere meanwhile. */
export function isOver({ search, isDone }: Ahead, shown: URLSearchParams | null, address: string): boolean {
  const text = search.toString();
  return shown?.toString() === text || (isDone && new URLSearchParams(address).toString() !== text);
}

/** `before` with the parameters of one view in place of those of the other. */
export function rewritten(before: URLSearchParams, old: URLSearchParams, own: URLSearchParams): URLSearchParams {
  const search = new URLSearchParams(own);
  for (const [name, value] of before) if (!old.has(name) && !own.has(name)) search.append(name, value);
  return search;
}
