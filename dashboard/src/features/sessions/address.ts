import { viewOf, writeView } from "./view";

/** The query of the page that shows a kept question; null where its controls cannot say it. */
export function addressOf(question: Record<string, unknown>): string | null {
  const view = viewOf(question);
  return view && writeView(view).toString();
}
