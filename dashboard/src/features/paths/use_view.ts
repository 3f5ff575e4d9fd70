import { useAddress } from "@/questions/use_address";
import { readView, writeView, type View } from "./view";

const CHOSEN = { read: readView, write: writeView };
const TYPED = { ...CHOSEN, typed: ["filter", "start", "end"] as const };

/** How the address says that paths are looked at; `choose` for what is clicked in the picture: a step back undoes it. */
export function useView(): { view: View; change: (change: Partial<View>) => void; choose: (change: Partial<View>) => void } {
  const [view, change] = useAddress(TYPED);
  const [, choose] = useAddress(CHOSEN);
  return { view, change, choose };
}
