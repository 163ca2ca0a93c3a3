/** Something that was changed about the terminal, and that the next program must not find. */
export interface TerminalHold {
  /** Changes it: now, and again when a stopped process goes on. */
  take(): void;
  /** Undoes it; writes to terminals are synchronous, so that it works in the last moment too. */
  giveBack(): void;
}

const holds: TerminalHold[] = [];

function giveAllBack(): void {
  for (const hold of holds.toReversed()) hold.giveBack();
}

function end(): void {
  giveAllBack();
  stopListening();
  holds.length = 0;
}

/** The terminal has gone, or says so: what runs in it ends in good order, as it does when told to. */
function onHangup(): void {
  end();
  process.kill(process.pid, "SIGTERM");
}

/** A core dump, which gives nothing back by itself. */
function onQuit(): void {
  end();
  process.kill(process.pid, "SIGQUIT");
}

/**
 * Stops as who does not listen: only where somebody can let it go on. The system ignores that signal in a terminal without
 * a shell, as of `docker run -it` or `ssh -t`, where a program that insisted would stand still for ever.
 */
function onStop(): void {
  giveAllBack();
  process.off("SIGTSTP", onStop);
  process.kill(process.pid, "SIGTSTP");
  // In the turn after it, whether it was stopped in between or not.
  setImmediate(() => {
    if (holds.length === 0) return;
    process.on("SIGTSTP", onStop);
    onContinue();
  });
}

function onContinue(): void {
  for (const hold of holds) hold.take();
}

const listeners = [
  ["exit", end],
  ["uncaughtExceptionMonitor", end],
  ["SIGHUP", onHangup],
  ["SIGQUIT", onQuit],
  ["SIGTSTP", onStop],
  ["SIGCONT", onContinue],
] as const;

function startListening(): void {
  for (const [event, listener] of listeners) process.on(event, listener);
}

function stopListening(): void {
  for (const [event, listener] of listeners) process.off(event, listener);
}

/**
 * Takes the terminal, and gives it back when the process ends, breaks, hangs up or is stopped, whatever comes first. The
 * function it returns gives it back at once.
 */
export function holdTerminal(hold: TerminalHold): () => void {
  if (holds.length === 0) startListening();
  holds.push(hold);
  hold.take();
  return () => {
    const index = holds.indexOf(hold);
    if (index === -1) return;
    holds.splice(index, 1);
    hold.giveBack();
    if (holds.length === 0) stopListening();
  };
}

/** Stops this process and those that it runs with in the terminal, as Ctrl-Z does where no program reads the keys. */
export function stopInTerminal(): void {
  if (process.platform !== "win32") process.kill(0, "SIGTSTP");
}
