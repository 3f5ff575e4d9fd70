import { createContext, use, useCallback, useState, type ReactNode } from "react";

const SHOWN_MILLISECONDS = 5000;
type Say = (text: string) => void;
const SayContext = createContext<Say>(() => undefined);

/** Short news at the edge, that a screen reader hears as well. What must not be missed is no toast. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<readonly { id: string; text: string }[]>([]);
  const say = useCallback<Say>((text) => {
    const id = `${performance.now()}`;
    setShown((before) => [...before, { id, text }]);
    setTimeout(() => setShown((before) => before.filter((one) => one.id !== id)), SHOWN_MILLISECONDS);
  }, []);
  return (
    <SayContext value={say}>
      {children}
      <div role="status" aria-live="polite" className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col items-center gap-2">
        {shown.map((one) => (
          <p key={one.id} className="rounded-md bg-ink px-4 py-2 text-sm text-page shadow-lg">
            {one.text}
          </p>
        ))}
      </div>
    </SayContext>
  );
}

export const useSay = (): Say => use(SayContext);
