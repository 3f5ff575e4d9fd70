import { useState } from "react";
import { IconButton } from "@/ui/Button";
import { MoonIcon, SunIcon } from "@/ui/icons";

type Theme = "light" | "dark";

function shownTheme(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** From the theme that is shown to the other one; remembered in this browser, and set by /theme.js at the next start. */
export function ThemeButton() {
  const [theme, setTheme] = useState(shownTheme);
  const other: Theme = theme === "dark" ? "light" : "dark";
  const choose = () => {
    document.documentElement.dataset["theme"] = other;
    setTheme(other);
    try {
      localStorage.setItem("theme", other);
    } catch {
      // for this visit only
    }
  };
  return (
    <IconButton label={`Use the ${other} theme`} onClick={choose}>
      {theme === "dark" ? <SunIcon /> : <MoonIcon />}
    </IconButton>
  );
}
