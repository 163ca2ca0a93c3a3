import { type StyledLine, span } from "../../terminal/text.ts";

const key = (name: string, does: string): StyledLine => [span(`  ${name.padEnd(16)}`, "cyan"), span(does)];

/** What `?` shows. */
export const helpLines: readonly StyledLine[] = [
  [span("Keys", "bold")],
  key("up, down, k, j", "select; Page Up, Page Down, Home and End go further"),
  key("Return, right", "open the pool that is selected"),
  key("Escape, left", "back: first the filter goes, then the pool"),
  key("s", "sort by the next figure"),
  key("/", "filter by name; Return keeps the filter, Escape removes it"),
  key("e", "explain what is selected"),
  key("E", "explain the pool whose pods are shown"),
  key("d", "drain the selected pod, or let it back; asks first"),
  key("q, Ctrl-C", "quit"),
  key("?", "these keys"),
  [],
  [span("Any other key closes this help.", "dim")],
];
