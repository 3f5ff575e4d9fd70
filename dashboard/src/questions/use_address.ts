import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

/** How something stands in an address; what is as usual is left out. */
export interface Writing<View> {
  read: (search: URLSearchParams) => View;
  write: (view: View) => URLSearchParams;
  /** Of these fields a step back undoes a choice, not a letter. */
  typed?: readonly (keyof View)[];
}

/** The view that the address says, and a way to change it; parameters that are not the view's stay. */
export function useAddress<View>({ read, write, typed = [] }: Writing<View>): [View, (change: Partial<View>) => void] {
  const [search, setSearch] = useSearchParams();
  const view = useMemo(() => read(search), [read, search]);
  const change = useCallback(
    (changed: Partial<View>) => {
      setSearch((before) => rewritten(before, write(read(before)), write({ ...read(before), ...changed })), {
        preventScrollReset: true,
        replace: typed.some((field) => field in changed),
      });
    },
    [setSearch, read, write, typed],
  );
  return [view, change];
}

/** `before` with the parameters of one view in place of those of the other. */
export function rewritten(before: URLSearchParams, old: URLSearchParams, own: URLSearchParams): URLSearchParams {
  const search = new URLSearchParams(own);
  for (const [name, value] of before) if (!old.has(name) && !own.has(name)) search.append(name, value);
  return search;
}
