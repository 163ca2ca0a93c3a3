import type { ScaleDecision } from "../../decide/scaling/decision.ts";

/** A decision, with how often it came since replicas last changed. */
export interface DecisionEvent {
  /** When it came first, and last: Unix milliseconds. */
  readonly firstAt: number;
  readonly at: number;
  readonly count: number;
  /** As it came last. */
  readonly decision: ScaleDecision;
}

const most = 50;

/** A change of replicas stands by itself; what is only said, or leaves them alone, may come again. */
const isChange = (decision: ScaleDecision): boolean => decision.kind === "scale" && decision.act;

/** What makes a decision another one: its figures change with every sample. */
const identityOf = (decision: ScaleDecision): string =>
  decision.kind === "hold" ? decision.reason : [decision.reason, decision.from, decision.to, decision.act].join();

/** The newest of a list, in which the oldest go first. */
export function keep<T>(events: T[], event: T): void {
  events.push(event);
  if (events.length > most) events.shift();
}

/** The decisions of a pool as they began, oldest first: changes of replicas apart from what came again between them. */
export class Decisions {
  readonly #events: DecisionEvent[] = [];

  add(at: number, decision: ScaleDecision): void {
    const identity = identityOf(decision);
    const last = this.#events.at(-1);
    if (last && identityOf(last.decision) === identity) return;
    const before = isChange(decision) ? undefined : this.#take(identity);
    this.#events.push({ firstAt: before?.firstAt ?? at, at, count: (before?.count ?? 0) + 1, decision });
    this.#bound(isChange(decision));
  }

  /** Those that came after a time. */
  after(since: number): readonly DecisionEvent[] {
    return this.#events.filter(({ at }) => at > since);
  }

  /** Takes out the same decision, if it came since replicas last changed. */
  #take(identity: string): DecisionEvent | undefined {
    const from = this.#events.findLastIndex(({ decision }) => isChange(decision)) + 1;
    const place = this.#events.findIndex(({ decision }, index) => index >= from && identityOf(decision) === identity);
    return place < 0 ? undefined : this.#events.splice(place, 1)[0];
  }

  /** Neither kind drives the other out. */
  #bound(areChanges: boolean): void {
    const kind = this.#events.filter(({ decision }) => isChange(decision) === areChanges);
    if (kind.length > most) this.#events.splice(this.#events.indexOf(kind[0]!), 1);
  }
}
