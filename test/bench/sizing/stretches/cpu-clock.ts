import { WASI } from "node:wasi";

/** A module of WebAssembly that has nothing but a memory. */
const memoryOnly = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x05, 0x03, 0x01, 0x00, 0x01],
  ...[0x07, 0x0a, 0x01, 0x06, ...Buffer.from("memory"), 0x02, 0x00],
);

/** As much of the global as is needed here, which has no types without those of browsers. */
interface WithWasm {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (
      module: object,
    ) => { readonly exports: { readonly memory: { readonly buffer: ArrayBuffer } } };
  };
}

/** As WASI numbers the clocks. */
const threadCpuClock = 3;

/**
 * A clock of this thread's processor time in milliseconds: what else the machine does, on other cores or between, is not in
 * it. `process.threadCpuUsage` moves in ticks of some milliseconds, while what WASI asks for is counted in nanoseconds.
 */
function openThreadClock(): () => number {
  const wasi = new WASI({ version: "preview1" });
  const { Module, Instance } = (globalThis as unknown as WithWasm).WebAssembly;
  const instance = new Instance(new Module(memoryOnly));
  wasi.initialize(instance);
  const getTime = wasi.wasiImport.clock_time_get as (clock: number, precision: bigint, at: number) => number;
  const view = new DataView(instance.exports.memory.buffer);
  return () => {
    if (getTime(threadCpuClock, 0n, 0) !== 0) throw new Error("there is no clock of this thread's processor time");
    return Number(view.getBigUint64(0, true)) / 1e6;
  };
}

/** How long each stretch of work held the event loop, by its name, in milliseconds of processor time. */
export class CpuClock {
  readonly #times = new Map<string, number[]>();
  readonly #threadMs = openThreadClock();

  get times(): ReadonlyMap<string, readonly number[]> {
    return this.#times;
  }

  /** Throws away what was measured, as of work that was done to warm up. */
  reset(): void {
    this.#times.clear();
  }

  /** One stretch. */
  time<T>(name: string, work: () => T): T {
    const begunAt = this.#threadMs();
    const result = work();
    this.#note(name, this.#threadMs() - begunAt);
    return result;
  }

  /** One stretch, too: work that waits for nothing but microtasks lets nothing else have its turn. */
  async timeMicrotasks<T>(name: string, work: () => Promise<T>): Promise<T> {
    const begunAt = this.#threadMs();
    const result = await work();
    this.#note(name, this.#threadMs() - begunAt);
    return result;
  }

  /** Work that rests between its steps, each a stretch. `nameOf` gives them names by their number, the first being 1. */
  timeSteps<T>(nameOf: (step: number) => string, steps: Iterator<unknown, T>): T {
    for (let number = 1; ; number += 1) {
      const step = this.time(nameOf(number), () => steps.next());
      if (step.done) return step.value;
    }
  }

  #note(name: string, ms: number): void {
    const known = this.#times.get(name);
    if (known) known.push(ms);
    else this.#times.set(name, [ms]);
  }
}
