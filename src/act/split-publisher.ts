import { isKnown, type Places, type SidePlace } from "../decide/claims/places.ts";
import type { Plan } from "../decide/planned.ts";
import type { Observation, Pool, Problem } from "../decide/world.ts";
import type { Asked, Grant } from "./fence.ts";
import { type Publisher, settingOf } from "./publisher.ts";
import type { Services } from "./service.ts";

export interface SplitPublisherOptions {
  readonly publisher: Publisher;
  readonly services: Services;
}

/** What of a pass concerns the two lists. */
export interface SplitTask {
  readonly observation: Observation;
  readonly plan: Plan;
  readonly places: Places;
}

/** Publishes the write and the read list on a Service each, beside the pool's own, whatever becomes of that. */
export class SplitPublisher {
  readonly #options: SplitPublisherOptions;

  constructor({ publisher, services }: SplitPublisherOptions) {
    this.#options = { publisher, services };
  }

  publish(task: SplitTask, grant: Grant): Asked[] {
    const { current, formers } = task.places.split;
    return [
      ...current.flatMap((place) => [...this.#ensure(task, place, grant), ...this.#follow(task, place, grant)]),
      ...formers.flatMap((former) => this.#leave(task, former, grant)),
    ];
  }

  /** What is on its way. */
  pending({ observation: { pool }, places }: SplitTask): Problem | undefined {
    const absent = places.split.current.find((place) => place.standing === "Follow" && !this.#isThere(pool, place));
    return absent && { reason: "ServicePending", message: `Service ${absent.name} is being made.` };
  }

  #isThere(pool: Pool, { name, service }: SidePlace): boolean {
    return service !== undefined || this.#options.services.isMade(pool, name);
  }

  #ensure({ observation: { pool } }: SplitTask, place: SidePlace, grant: Grant): Asked[] {
    return place.standing === "Follow" ? this.#options.services.ensure(pool, place, place.service, grant) : [];
  }

  #follow({ observation: { pool }, plan }: SplitTask, place: SidePlace, grant: Grant): Asked[] {
    const { publisher } = this.#options;
    const { name, side, standing } = place;
    if (standing === "Withdraw") return publisher.withdraw(pool, name, grant);
    const members = side === "write" ? (plan.writeMembers ?? []) : plan.members;
    if (standing === "Retract" || !this.#isThere(pool, place)) return publisher.retract(pool, name, members, grant);
    return publisher.publish(pool, place, members, grant, side === "read" ? settingOf(plan) : {});
  }

  /**
   * One that got another name goes when those who look for it have had time to know that; all go where the lists are to
   * have no Services any more. A spec that cannot be read says neither.
   */
  #leave(task: SplitTask, former: SidePlace, grant: Grant): Asked[] {
    const { publisher, services } = this.#options;
    const { observation, plan, places } = task;
    const { pool, specProblem, now } = observation;
    const { name, side, service } = former;
    if (specProblem) return publisher.retract(pool, name, plan.members, grant, true);
    if (pool.deletion) return this.#follow(task, former, grant);
    const successor = places.split.current.find((place) => place.side === side);
    if (successor && !isKnown(successor, now)) return this.#follow(task, former, grant);
    return [
      ...publisher.withdraw(pool, name, grant),
      ...(service?.owner === pool.uid ? services.retire(pool, service, grant) : []),
    ];
  }
}
