import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { readView, writeView, type View } from "./view";

/** The view that the address says, and a way to change it; other parameters stay. */
export function useView(): [View, (change: Partial<View>) => void] {
  const [search, setSearch] = useSearchParams();
  const view = useMemo(() => readView(search), [search]);
  const change = useCallback(
    (changed: Partial<View>) => {
      setSearch(
        (before) => {
          const own = writeView({ ...readView(before), ...changed });
          for (const name of KEPT) {
            const value = before.get(name);
            if (value !== null) own.set(name, value);
          }
          return own;
        },
        // a step back undoes a choice, not a letter
        { preventScrollReset: true, replace: "filter" in changed },
      );
    },
    [setSearch],
  );
  return [view, change];
}

/** Parameters beside the view: the builder's definition, and the funnel that a person is looked at in. */
const KEPT = ["definition", "funnel"] as const;
