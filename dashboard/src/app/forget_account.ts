import type { QueryClient } from "@tanstack/react-query";
import { forgetReceipts } from "@/questions/forget_receipts";

/** Nothing of an account's stays in the page or in the browser once it is left. */
export function forgetAccount(client: QueryClient): void {
  forgetReceipts();
  client.clear();
}
