import { type StyledLine, span } from "../../terminal/text.ts";

const key = (name: string, does: string): StyledLine => [span(`  ${name.padEnd(16)}`, "cyan"), span(does)];

/** What `?` shows. */
export const helpLines: readonly StyledLine[] = [
  [span("Keys", "bold")],
  key("up, down, k, j", "select a row; Page Up, Page Down, Home and End go further"),
  key("Return, right", "open the selected pool"),
  key("Escape, left", "go back: first clear the filter, then leave the pool"),
  key("s", "sort by the next column"),
  key("/", "filter by name; Return keeps the filter, Escape clears it"),
  key("e", "explain the selected pool or pod"),
  key("E", "explain the pool whose pods are shown"),
  key("d", "drain the selected pod, or undo its drain; asks first"),
  key("q, Ctrl-C", "quit"),
  key("?", "show these keys"),
  [],
  [span("Any other key closes this help.", "dim")],
];
