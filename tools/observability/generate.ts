import { generate } from "../generated.ts";
import { alertsPage, eventsPage, metricsPage } from "./pages.ts";

// Writes the pages on metrics, Events and alerts from where they are declared; with --check, fails if one is not fresh.

await generate([
  { path: "docs/metrics.md", text: metricsPage },
  { path: "docs/events.md", text: eventsPage },
  { path: "docs/alerts.md", text: alertsPage },
]);
