import { useState } from "preact/hooks";

const themes = ["auto", "light", "dark"] as const;
type Theme = (typeof themes)[number];

const key = "theme";

/** Storage may be forbidden; then a choice lasts as long as the page. */
function stored(): Theme {
  try {
    return themes.find((theme) => theme === localStorage.getItem(key)) ?? "auto";
  } catch {
    return "auto";
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // It is only for next time.
  }
}

export function applyTheme(theme = stored()): void {
  document.documentElement.dataset.theme = theme;
}

const icons: Record<Theme, string> = { auto: "◐", light: "○", dark: "●" };

/** Goes through the themes; `auto` is the system's. */
export function ThemeButton() {
  const [theme, setTheme] = useState(stored);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length]!;
  const choose = (): void => {
    store(next);
    applyTheme(next);
    setTheme(next);
  };
  return (
    <button type="button" class="theme" onClick={choose} title={`Change to ${next}`}>
      <span aria-hidden="true">{icons[theme]}</span> <span class="hidden">Theme: </span>
      {theme}
    </button>
  );
}
