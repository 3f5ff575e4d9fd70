/**
 * The script for pages.
 *
 *   <script>window.iafa = window.iafa || function () { (iafa.q = iafa.q || []).push(arguments); };</script>
 *   <script async src="https://iafa.example.com/sdk/iafa.js" data-api-key="iafa_w_…"></script>
 *
 * The tag's data attributes are options (data-api-key, data-endpoint, data-auto="off", …), a call `iafa("init", {…})`
 * gives others. Calls that were made before the script was there are made now.
 */

import { createIafa, type Iafa } from "./client";
import { type Options, readAttributes } from "./settings";

declare global {
  interface Window {
    iafa?: Iafa & { q?: Iterable<ArrayLike<unknown>> };
  }
}

const stub = window.iafa;
if (!stub?.init) { // else the script is in the page twice
  const script = (document.currentScript || document.querySelector("script[data-api-key]")) as HTMLScriptElement | null;
  const given: Partial<Options> = {
    endpoint: script?.src.replace(/\/sdk\/[^/]*$/, "") || "",
    ...readAttributes(script ? { ...script.dataset } : {}),
  };
  const iafa = (window.iafa = createIafa(given));
  const perform = iafa as (...call: unknown[]) => void;
  const calls = Array.from(stub?.q || [], (call) => Array.from(call));
  const begin = calls.find(([name]) => name === "init");
  calls.filter((call) => call !== begin).forEach((call) => perform(...call)); // they wait for the beginning
  if (begin || given.apiKey) perform("init", begin?.[1]);
}
