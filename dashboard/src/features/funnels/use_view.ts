import { useAddress } from "@/questions/use_address";
import { readView, writeView } from "./view";

const WRITING = { read: readView, write: writeView, typed: ["filter"] as const };

/** How the address says that a funnel is looked at. */
export const useView = () => useAddress(WRITING);
