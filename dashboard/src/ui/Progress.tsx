import { useEffect, useState } from "react";

const SAID_AFTER_MILLISECONDS = 1000;

/** For what takes longer than a second: that it goes on, and for how long it has. */
export function Progress({ doing = "Counting" }: { doing?: string }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), SAID_AFTER_MILLISECONDS);
    return () => clearInterval(timer);
  }, []);
  if (seconds === 0) return null;
  return (
    <p role="status" className="mb-2 text-sm text-quiet">
      {doing} … {seconds} s
    </p>
  );
}
