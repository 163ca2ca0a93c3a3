// A program in a terminal: it shows each key that it is told of, and ends in the way that is asked for.
import { openKeys } from "../../../src/cli/terminal/keys.ts";
import { openScreen } from "../../../src/cli/terminal/screen.ts";

const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    told.push(signal);
    ending.abort();
  });
const told: string[] = [`pid ${process.pid}`];
const screen = openScreen(process.stdout);
const keys = openKeys({
  signal: ending.signal,
  onKey(key) {
    told.push(`<${key}>`);
    if (key === "q") ending.abort();
    if (key === "x") throw new Error("broken");
    if (key === "e") process.exit(3);
    screen.draw([told.join(" ")]);
  },
});
screen.draw([...told, String(keys.listening)]);
// It waits for something else than keys, as programs do.
const timer = setInterval(() => {}, 1_000);
if (!keys.listening) setTimeout(() => ending.abort(), 200);
ending.signal.addEventListener("abort", () => {
  clearInterval(timer);
  screen.close();
  console.log(`ended ${told.slice(1).join(" ")}`);
});
