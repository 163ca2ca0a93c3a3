import { keyOf } from "../key.ts";
import { ApiError } from "./api-error.ts";
import { doubledMs, pause } from "./backoff.ts";
import { microTime } from "./micro-time.ts";
import { objectOf } from "./read-object.ts";
import { type Transport, target } from "./transport.ts";
import { type KubeLog, leases, type Manifest } from "./types.ts";
import { fieldOf, fieldsOf, isFields, textOf, wholeOf } from "./untyped.ts";

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

interface Lease extends Manifest {
  readonly spec: LeaseSpec;
}

/** A Lease as it came. Somebody may have written one by hand: what of its spec is not as it should be is not there. */
function readLease(answer: unknown, name: string): Lease {
  const { metadata } = objectOf(isFields(answer) && { metadata: { name, ...fieldsOf(answer.metadata) } }, "lease");
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions, ...others } = fieldsOf(
    fieldOf(answer, "spec"),
  );
  const texts = Object.entries({ holderIdentity, acquireTime, renewTime }).filter(([, text]) => textOf(text));
  const numbers = Object.entries({ leaseDurationSeconds, leaseTransitions }).filter(([, count]) => wholeOf(count));
  const spec = { ...others, ...Object.fromEntries([...texts, ...numbers]) };
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
}

export interface ElectionOptions {
  readonly transport: Transport;
  readonly namespace: string;
  readonly name: string;
  /** Different for every process, also for two lives of the same pod. */
  readonly identity: string;
  readonly leaseDurationMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  /** A monotonic clock in milliseconds: it alone decides, on either side. */
  readonly now?: () => number;
  /** For the times written into the lease, which people read. */
  readonly wallNow?: () => number;
  readonly random?: () => number;
  readonly onChange?: (leading: boolean) => void;
  readonly log?: KubeLog;
}

export interface Election {
  /**
   * Competes until the signal aborts, then gives the lease back. Abort only when all work that the leadership covers
   * has ended: the next leader starts at once.
   */
  run(signal: AbortSignal): Promise<void>;
  /**
   * How long we may still write as the leader; 0 when we are not. Counted from before the last successful renewal was
   * sent to the renew deadline, so it is over well before another candidate may take the lease.
   */
  remainingMs(): number;
  /** Who holds the lease, as last seen. */
  readonly holder: string | undefined;
  /** Grows with every change of leader. */
  readonly transitions: number;
}

const releaseDeadlineMs = 3_000;
/** Whoever may not have the lease need not ask every other second. */
const maxRetryMs = 30_000;

/** Leader election by a Lease, as client-go does it: an observed record expires by our own clock, never by the holder's. */
export function createElection(options: ElectionOptions): Election {
  return new LeaseElection(options);
}

class LeaseElection implements Election {
  readonly #options: Required<Omit<ElectionOptions, "log">> & { readonly log: KubeLog | undefined };
  #observed: { readonly lease: Lease; readonly spec: string; readonly atMs: number } | undefined;
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  #leading = false;
  /** In a row, as of now. */
  #refusals = 0;
  /** What was wrong last, as long as it is. */
  #complaint: string | undefined;

  constructor(options: ElectionOptions) {
    this.#options = {
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2_000,
      now: () => performance.now(),
      wallNow: Date.now,
      random: Math.random,
      onChange: () => {},
      log: undefined,
      ...options,
    };
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = this.#options;
    if (leaseDurationMs <= renewDeadlineMs || renewDeadlineMs <= retryPeriodMs) {
      throw new Error("an election needs lease duration > renew deadline > retry period");
    }
  }

  get holder(): string | undefined {
    return this.#observed?.lease.spec.holderIdentity || undefined;
  }

  get transitions(): number {
    return this.#observed?.lease.spec.leaseTransitions ?? 0;
  }

  remainingMs(): number {
    if (!this.#leading) return 0;
    return Math.max(0, this.#renewedAtMs + this.#options.renewDeadlineMs - this.#options.now());
  }

  async run(signal: AbortSignal): Promise<void> {
    const { retryPeriodMs, random } = this.#options;
    try {
      while (!signal.aborted) {
        await this.#attempt(signal);
        if (signal.aborted) break;
        if (this.#leading && this.remainingMs() === 0) this.#become(false);
        const range = { baseMs: retryPeriodMs, maxMs: Math.max(retryPeriodMs, maxRetryMs) };
        const retryMs = doubledMs(range, this.#refusals);
        await pause(
          this.#leading ? Math.min(retryPeriodMs, this.remainingMs()) : retryMs * (1 + 1.2 * random()),
          signal,
        );
      }
    } finally {
      await this.#release();
    }
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    try {
      await this.#takeOrRenew(signal);
      this.#refusals = 0;
      this.#complaint = undefined;
    } catch (error) {
      if (!signal.aborted) this.#complain(error);
    }
  }

  async #takeOrRenew(signal: AbortSignal): Promise<void> {
    if (this.#leading && this.#observed && (await this.#write(this.#observed.lease, signal))) return;
    const lease = await this.#read(signal);
    if (lease) this.#observe(lease);
    if (lease && !this.#isFree()) this.#become(false);
    else await this.#write(lease, signal);
  }

  /** Says once what is wrong, and asks less often where the answer is a no. */
  #complain(error: unknown): void {
    const { log, namespace, name } = this.#options;
    const isNo = error instanceof ApiError && error.isRefusal;
    this.#refusals = isNo ? Math.min(this.#refusals + 1, 10) : 0;
    const why = error instanceof Error ? error.message : String(error);
    const told = { lease: keyOf({ namespace, name }), leading: this.#leading, why };
    if (this.#complaint === why) log?.debug(told, "lease not renewed");
    else log?.warn(told, "the lease cannot be read or written");
    this.#complaint = why;
  }

  /** Renews or takes the lease. False when another write came first. */
  async #write(current: Lease | undefined, signal: AbortSignal): Promise<boolean> {
    const next = this.#claim(current);
    const sentAtMs = this.#options.now();
    try {
      // Not cut short by the signal: a write of unknown fate could not be followed by the release.
      this.#observe(await this.#send(next, this.#deadlineMs()));
    } catch (error) {
      // A lease that was deleted is made anew in the next step, one that changed is read again.
      if (error instanceof ApiError && (error.status === 409 || (error.status === 404 && current))) return false;
      throw error;
    }
    this.#renewedAtMs = sentAtMs;
    if (!signal.aborted) this.#become(true);
    return true;
  }

  #claim(current: Lease | undefined): Lease {
    const { identity, namespace, name, leaseDurationMs, wallNow } = this.#options;
    const now = microTime(wallNow());
    const mine = current?.spec.holderIdentity === identity;
    const transitions = current?.spec.leaseTransitions ?? 0;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: current?.metadata ?? { namespace, name },
      spec: {
        ...current?.spec,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
        acquireTime: (mine && current.spec.acquireTime) || now,
        renewTime: now,
        leaseTransitions: mine || !current ? transitions : transitions + 1,
      },
    };
  }

  #isFree(): boolean {
    if (!this.#observed) return true;
    const { lease, atMs } = this.#observed;
    const { holderIdentity, leaseDurationSeconds } = lease.spec;
    if (!holderIdentity || holderIdentity === this.#options.identity) return true;
    const durationMs = leaseDurationSeconds ? leaseDurationSeconds * 1000 : this.#options.leaseDurationMs;
    return this.#options.now() - atMs >= durationMs;
  }

  #observe(lease: Lease): void {
    const spec = JSON.stringify(lease.spec);
    const atMs = spec === this.#observed?.spec ? this.#observed.atMs : this.#options.now();
    this.#observed = { lease, spec, atMs };
  }

  #become(leading: boolean): void {
    if (!leading) this.#renewedAtMs = Number.NEGATIVE_INFINITY;
    if (leading === this.#leading) return;
    this.#leading = leading;
    const { log, namespace, name, identity, onChange } = this.#options;
    log?.info(
      { lease: keyOf({ namespace, name }), identity, holder: this.holder },
      leading ? "this replica leads" : "this replica no longer leads",
    );
    onChange(leading);
  }

  async #release(): Promise<void> {
    this.#become(false);
    const limit = AbortSignal.timeout(releaseDeadlineMs);
    try {
      // A renewal of unknown fate may have changed the version: then look, and once more.
      if (!(await this.#giveBack())) {
        const lease = await this.#read(limit);
        if (lease) this.#observe(lease);
        await this.#giveBack();
      }
    } catch (error) {
      this.#options.log?.debug({ lease: this.#options.name, err: error }, "lease not released; it will expire");
    }
  }

  /** False when another write came first. */
  async #giveBack(): Promise<boolean> {
    const lease = this.#observed?.lease;
    if (lease?.spec.holderIdentity !== this.#options.identity) return true;
    const now = microTime(this.#options.wallNow());
    const spec = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
    try {
      this.#observe(await this.#send({ ...lease, spec }, releaseDeadlineMs));
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) return false;
      throw error;
    }
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { transport, namespace, name } = this.#options;
    try {
      const lease = await transport.request<unknown>({
        verb: "get",
        target: target(leases, namespace, name),
        lane: "lease",
        deadlineMs: this.#deadlineMs(),
        retry: false,
        signal,
      });
      return readLease(lease, name);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  async #send(lease: Lease, deadlineMs: number): Promise<Lease> {
    const { transport, namespace, name } = this.#options;
    const exists = lease.metadata.resourceVersion !== undefined;
    const written = await transport.request<unknown>({
      verb: exists ? "update" : "create",
      target: target(leases, namespace, exists ? name : undefined),
      body: lease,
      lane: "lease",
      deadlineMs,
      retry: false,
    });
    return readLease(written, name);
  }

  /** Two attempts fit before the renew deadline, and none outlasts it. */
  #deadlineMs(): number {
    const halfMs = this.#options.renewDeadlineMs / 2;
    return this.#leading ? Math.max(1, Math.min(halfMs, this.remainingMs())) : halfMs;
  }
}
