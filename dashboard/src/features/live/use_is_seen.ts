import { useEffect, useState } from "react";

const HIDDEN_MILLISECONDS = 30_000;

/** Whether the page is in sight, or was a moment ago: one that nobody sees gives its place at the server back. */
export function useIsSeen(): boolean {
  const [isSeen, setIsSeen] = useState(true);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      clearTimeout(timer);
      if (document.visibilityState === "visible") setIsSeen(true);
      else timer = setTimeout(() => setIsSeen(false), HIDDEN_MILLISECONDS);
    };
    document.addEventListener("visibilitychange", look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return isSeen;
}
