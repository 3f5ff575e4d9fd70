import { IconButton } from "@/ui/Button";
import { MoonIcon, SunIcon } from "@/ui/icons";
import { chooseTheme, useShownTheme, type Theme } from "./theme";

/** From the theme that is shown to the other one. */
export function ThemeButton() {
  const theme = useShownTheme();
  const other: Theme = theme === "dark" ? "light" : "dark";
  return (
    <IconButton label={`Use the ${other} theme`} onClick={() => chooseTheme(other)}>
      {theme === "dark" ? <SunIcon /> : <MoonIcon />}
    </IconButton>
  );
}
