import type { Finding } from "../../decide/samples/findings.ts";
import type { Pod, Reading, Sample } from "../../decide/world.ts";
import type { Failed } from "../../pods/failed.ts";
import { type Following, isSampled } from "./context.ts";
import { withFailure, withSample } from "./reading.ts";

/** What an attempt brought of one pod. */
export type SampleOrFailure =
  | { readonly kind: "sampled"; readonly sample: Sample }
  | (Failed & { readonly finding?: Finding });

/** The pods that a pool follows and their readings, for samplers that read all of them at once. */
export class ReadingBook {
  readonly #readings: Map<string, Reading>;
  #following: Following | undefined;

  constructor(inherited: ReadonlyMap<string, Reading>) {
    this.#readings = new Map(inherited);
  }

  get following(): Following | undefined {
    return this.#following;
  }

  /** Those that can be read now. */
  get pods(): readonly Pod[] {
    return this.#following?.pods.filter(isSampled) ?? [];
  }

  get readings(): ReadonlyMap<string, Reading> {
    return new Map(this.#readings);
  }

  /** Takes over the pods and forgets those that left. */
  follow(following: Following): void {
    this.#following = following;
    const wanted = new Set(this.pods.map(({ uid }) => uid));
    for (const uid of this.#readings.keys()) if (!wanted.has(uid)) this.#readings.delete(uid);
  }

  record({ uid }: Pod, attempted: SampleOrFailure, now: number): void {
    const earlier = this.#readings.get(uid);
    const reading =
      attempted.kind === "failed"
        ? withFailure(earlier, attempted.failure, attempted.finding)
        : withSample(earlier, attempted.sample, this.#following?.keep ?? 1, now);
    this.#readings.set(uid, reading);
  }
}
