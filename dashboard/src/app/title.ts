import { useEffect } from "react";

/** The window's title: what the page shows, then whose program it is. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · IAFA` : "IAFA";
  }, [title]);
}
