/** What one turn of the event loop may do of it: milliseconds, and bytes that the sockets get when it ends. */
const slice = { ms: 4, bytes: 2_097_152 };

/** Work that may wait for a moment. Brings how many bytes it wrote. */
export type Work = () => number;

/** Has work done soon. Work that waits already is not done twice. */
export type WorkLine = (work: Work) => void;

/**
 * Does one piece of work after the other, as many in a turn of the event loop as fit into a few milliseconds. One that
 * throws keeps no other from its turn.
 */
export function createWorkLine(onError: (error: unknown) => void): WorkLine {
  const waiting = new Set<Work>();
  let isArmed = false;

  function attempt(work: Work): number {
    try {
      return work();
    } catch (error) {
      onError(error);
      return 0;
    }
  }

  function run(): void {
    const endsAt = performance.now() + slice.ms;
    let bytes = 0;
    for (const work of waiting) {
      waiting.delete(work);
      bytes += attempt(work);
      if (bytes >= slice.bytes || performance.now() >= endsAt) break;
    }
    isArmed = false;
    arm();
  }

  function arm(): void {
    if (isArmed || waiting.size === 0) return;
    isArmed = true;
    setImmediate(run);
  }

  return (work) => {
    waiting.add(work);
    arm();
  };
}
