import { chooseTheme, useChosenTheme, type Theme } from "@/app/theme";
import { Card } from "@/ui/surfaces";

const CHOICES: readonly { theme: Theme | null; label: string }[] = [
  { theme: null, label: "As the system" },
  { theme: "light", label: "Light" },
  { theme: "dark", label: "Dark" },
];

/** How pages look in this browser. */
export function ThemeChoice() {
  const chosen = useChosenTheme();
  return (
    <Card>
      <fieldset>
        <legend className="mb-2 text-[1.0625rem] font-semibold">Theme, in this browser</legend>
        <div className="flex flex-wrap gap-x-5 gap-y-1">
          {CHOICES.map(({ theme, label }) => (
            <label key={label} className="inline-flex min-h-9 items-center gap-2 text-sm">
              <input type="radio" name="theme" className="size-4 accent-accent" checked={chosen === theme} onChange={() => chooseTheme(theme)} />
              {label}
            </label>
          ))}
        </div>
      </fieldset>
    </Card>
  );
}
