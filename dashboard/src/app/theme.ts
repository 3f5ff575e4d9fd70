import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark";
const KEY = "theme";
const listeners = new Set<() => void>();
const system = () => matchMedia("(prefers-color-scheme: dark)");

/** The theme that was chosen in this browser; null: as the system has it. */
function chosenTheme(): Theme | null {
  const chosen = document.documentElement.dataset[KEY];
  return chosen === "light" || chosen === "dark" ? chosen : null;
}

/** Remembered in this browser, and set by /theme.js at the next start. */
export function chooseTheme(theme: Theme | null): void {
  if (theme) document.documentElement.dataset[KEY] = theme;
  else delete document.documentElement.dataset[KEY];
  try {
    if (theme) localStorage.setItem(KEY, theme);
    else localStorage.removeItem(KEY);
  } catch {
    // for this visit only
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  const media = system();
  listeners.add(listener);
  media.addEventListener("change", listener);
  return () => {
    listeners.delete(listener);
    media.removeEventListener("change", listener);
  };
}

export const useChosenTheme = (): Theme | null => useSyncExternalStore(subscribe, chosenTheme);
export const useShownTheme = (): Theme => useSyncExternalStore(subscribe, () => chosenTheme() ?? (system().matches ? "dark" : "light"));
