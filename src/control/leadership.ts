import { defined } from "../api/defined.ts";
import { createElection, type Election, type ElectionOptions } from "../kube/lease.ts";
import type { Transport } from "../kube/transport.ts";
import type { Log } from "../telemetry/log.ts";
import type { OperatorMetrics } from "../telemetry/operator-metrics.ts";

export type LeaseOptions = Pick<
  ElectionOptions,
  "namespace" | "name" | "leaseDurationMs" | "renewDeadlineMs" | "retryPeriodMs"
>;

export interface LeadershipOptions {
  /** Undefined: write without a lease. */
  readonly lease: LeaseOptions | undefined;
  readonly transport: Transport;
  readonly identity: string;
  readonly metrics: OperatorMetrics;
  readonly log: Log;
}

/** A lease that is about to end is not enough for a write that may take a while to arrive. */
const writeMarginMs = 1_000;

/** Whether this replica leads, and in which term. */
export class Leadership {
  readonly #election: Election | undefined;
  readonly #identity: string;
  #term = new AbortController();
  #onLead = (): void => {};

  constructor({ lease, metrics, ...options }: LeadershipOptions) {
    if (!lease) metrics.leading(true);
    this.#identity = options.identity;
    this.#election =
      lease &&
      createElection({
        ...options,
        ...lease,
        onChange: (leading) => {
          metrics.leading(leading);
          metrics.leaseChangedHands();
          // What waits to be repeated must not arrive after the next leader has begun.
          this.#term.abort(new Error("the lease was lost"));
          if (!leading) return;
          this.#term = new AbortController();
          this.#onLead();
        },
      });
  }

  /** Aborts when it ends; undefined while this replica may not write. */
  term = (): AbortSignal | undefined =>
    !this.#election || this.#election.remainingMs() > writeMarginMs ? this.#term.signal : undefined;

  /** Who leads, as far as this replica knows. */
  describe(): { readonly leads: boolean; readonly leader?: string } {
    const leads = this.term() !== undefined;
    const leader = leads ? this.#identity : this.#election?.holder;
    return { leads, ...defined({ leader }) };
  }

  /** Competes until the signal aborts, then gives the lease back: abort when nothing is being written any more. */
  async run(signal: AbortSignal, onLead: () => void): Promise<void> {
    this.#onLead = onLead;
    await this.#election?.run(signal);
  }
}
