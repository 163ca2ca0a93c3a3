import { defined } from "../api/defined.ts";
import type { ListSide } from "../decide/claims/split.ts";
import { isLabelledToWrite } from "../decide/membership/write-members.ts";
import type { Member, Plan } from "../decide/planned.ts";
import type { UnwrittenChange } from "../decide/ready-set/planned-set.ts";
import type { Pod, Pool } from "../decide/world.ts";
import { keyOf } from "../key.ts";
import { findNamed } from "../kube/find-named.ts";
import type { Objects } from "../kube/objects.ts";
import { endpointSlices } from "../kube/types.ts";
import { adoptionMiss } from "./adoption.ts";
import { type AttemptResult, done, isRefused, missedBy } from "./attempts.ts";
import { families, toEntries, toSlices } from "./endpoints.ts";
import type { Asked, Grant } from "./fence.ts";
import { pack } from "./pack.ts";
import { retracted } from "./retract.ts";
import { familiesOf, slicePorts } from "./service-traits.ts";
import { entriesOf, type Family, outOf, type Slice, type SliceEntry, type SlicePort, toSlice } from "./slice.ts";
import { formOf, type SliceWeights, weigh } from "./slice-form.ts";
import { isFor, isWhole, type NamedPlace, sideOf, whoseIs } from "./slice-owner.ts";
import type { Slices } from "./slices.ts";
import { causeOfWrite, type WriteCause } from "./write-cause.ts";

export type SliceOperation = "create" | "update" | "delete";

export interface PublisherOptions {
  readonly objects: Objects;
  readonly slices: Slices;
  readonly onWrite: (operation: SliceOperation, cause: WriteCause) => void;
}

/** A slice to be written, the one in its place as last seen, and whether it may be made where there is none. */
interface Wanted {
  readonly slice: Slice & typeof typed;
  readonly before?: Slice | undefined;
  readonly isNeeded: boolean;
  readonly cause: WriteCause;
  readonly side?: ListSide | undefined;
  /** Once it is written there is more to write. */
  readonly goesOn?: boolean;
}

/** What the slices of one family are to have. */
interface WantedFamily {
  readonly family: Family;
  readonly entries: readonly SliceEntry[];
  /** Of the entries that do not tell their own. */
  readonly ports: readonly SlicePort[];
}

const typed = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" };

const byUid = (members: readonly Member[]): ReadonlyMap<string, Member> =>
  new Map(members.map((member) => [member.pod.uid, member]));

/** What a plan has for the slices beside their members: weights for Cilium, if there are any, and what the ready set has to do with a change. */
interface Setting {
  readonly weights?: SliceWeights;
  readonly unwritten?: UnwrittenChange | undefined;
}

export const settingOf = ({ carriers, readySet }: Plan): Setting => ({
  weights: carriers?.find(({ type }) => type === "Cilium")?.weights,
  unwritten: readySet?.unwritten,
});

/** Writes the slices of pools. */
export class Publisher {
  readonly #options: PublisherOptions;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /**
   * Makes the slices of a pool on a Service say who its members are. Those that have lost their owner are its own again.
   * With weights for Cilium each member has a slice to itself.
   */
  publish(pool: Pool, place: NamedPlace, members: readonly Member[], grant: Grant, set: Setting = {}): Asked[] {
    const { slices } = this.#options;
    const own = slices.on(pool, place.name);
    const names = new Set(own.map(({ metadata }) => metadata.name));
    const ours = [...own, ...slices.orphansOn(pool, place.name).filter(({ metadata }) => !names.has(metadata.name))];
    const { out } = pool.spec.publish;
    const setting = { service: place.name, prefers: place.service?.prefers };
    const ports = slicePorts(pool, place, members);
    const byFamily = families.map((family) => ({
      family,
      entries: weigh(toEntries(members, family, out, setting, ports.of), set.weights, ours),
    }));
    const has = ({ family }: { readonly family: Family }) => ours.some(({ addressType }) => addressType === family);
    const told = byFamily.filter(({ entries }) => entries.length > 0).map(({ family }) => family);
    const followed = familiesOf(place, members, told);
    const leaving = byFamily.filter(({ family }) => !followed.includes(family));
    const needed = byFamily.filter((one) => followed.includes(one.family) && (one.entries.length > 0 || has(one)));
    const wanted = needed.length > 0 ? needed : byFamily.filter(({ family }) => family === (followed[0] ?? "IPv4"));
    return [
      ...wanted.flatMap((one) =>
        this.#publishFamily(pool, place, { ...one, ports: ports.usual }, members, ours, grant, set),
      ),
      ...ours
        .filter(({ addressType }) => leaving.some(({ family }) => family === addressType))
        .map((slice) => this.#remove(slice, grant)),
    ];
  }

  /**
   * Takes out of the slices on a Service who is no member any more, and lets those that stay tell how they are; adds
   * nobody. For a pool that may not publish: what stands there must not name a pod that is gone. With `onlyLoses` nobody
   * comes in either who is there.
   */
  retract(pool: Pool, service: string, members: readonly Member[], grant: Grant, onlyLoses = false): Asked[] {
    const known = byUid(members);
    return this.#options.slices
      .on(pool, service)
      .flatMap((slice) => this.#replace(pool, slice, retracted(pool, slice, known, onlyLoses), grant));
  }

  /**
   * The same on every Service, where it is not known who is a member: pods that are there may turn unready, and none turns
   * ready. Who takes writes is known by the labels, where those say so.
   */
  lose(pool: Pool, pods: readonly Pod[], grant: Grant): Asked[] {
    const members = pods.map((pod) => ({ pod, isIn: pod.ready && !pod.terminating }));
    const known = byUid(members);
    const writing = byUid(members.filter(({ pod }) => isLabelledToWrite(pool, pod)));
    return this.#options.slices.of(pool).flatMap((slice) => {
      const of = sideOf(slice) === "write" ? writing : known;
      return this.#replace(pool, slice, retracted(pool, slice, of, true), grant);
    });
  }

  /** Takes the pool's slices off a Service. */
  withdraw(pool: Pool, service: string, grant: Grant): Asked[] {
    return this.#options.slices.on(pool, service).map((slice) => this.#remove(slice, grant));
  }

  #replace(pool: Pool, before: Slice, after: Slice | undefined, grant: Grant): Asked[] {
    if (!after) return [];
    const wanted: Wanted = { slice: { ...after, ...typed }, before, isNeeded: false, cause: "membership" };
    return [this.#write(pool, wanted, grant)];
  }

  #publishFamily(
    pool: Pool,
    place: NamedPlace,
    { family, entries, ports }: WantedFamily,
    members: readonly Member[],
    ours: readonly Slice[],
    grant: Grant,
    { weights, unwritten }: Setting,
  ): Asked[] {
    const existing = ours.filter(({ addressType }) => addressType === family);
    const { max, isLeaving } = formOf(weights);
    const isSound = (slice: Slice) => isWhole(pool, place, slice);
    const { write, remove, goesOn } = pack(existing, entries, ports, max, isSound, isLeaving);
    const slices = toSlices(pool, place, family, write, members, ours);
    return [
      ...slices.map((slice) => {
        const before = existing.find(({ metadata }) => metadata.name === slice.metadata.name);
        const cause = causeOfWrite(before, slice, unwritten);
        return this.#write(pool, { slice, before, isNeeded: true, cause, side: place.side, goesOn }, grant);
      }),
      ...existing.filter(({ metadata }) => remove.includes(metadata.name)).map((slice) => this.#remove(slice, grant)),
    ];
  }

  /**
   * Puts a slice as a whole, on the precondition that it is as last seen. Server-side apply would cost the API server
   * twice as much for a slice of 100 endpoints, and a slice has one writer: its owner.
   */
  #write(pool: Pool, wanted: Wanted, grant: Grant): Asked {
    const { slices } = this.#options;
    const { taken } = slices;
    const { slice, before, goesOn = false } = wanted;
    const key = keyOf(slice.metadata);
    const problem = before ? undefined : taken.get(key);
    if (problem) return { inMs: taken.leftMs(key), problem: () => problem };
    const asked = grant.write("slices", {
      object: slice.metadata.name,
      content: contentOf(slice),
      goesOn,
      run: (signal) =>
        slices.during(slice, () =>
          before ? this.#update(pool, wanted, before, grant, signal) : this.#create(pool, wanted, grant, signal),
        ),
    });
    return { ...asked, problem: () => taken.get(key) ?? asked.problem() };
  }

  async #update(pool: Pool, wanted: Wanted, before: Slice, grant: Grant, signal: AbortSignal): Promise<AttemptResult> {
    const { objects, slices } = this.#options;
    const { slice, isNeeded, cause } = wanted;
    const missed = await adoptionMiss(objects, grant.pool, before, signal);
    if (missed) return missed;
    const { resourceVersion } = before.metadata;
    const outcome = await objects.update(endpointSlices, withVersion(slice, resourceVersion), { signal });
    if (outcome.kind === "ok") return this.#note(grant, outcome.object, "update", cause);
    if (outcome.kind !== "missing") return missedBy(outcome);
    // Perhaps no watch has ever shown it, so that none will show it gone.
    slices.noteRemoved(grant.pool, slice, resourceVersion);
    return isNeeded ? this.#create(pool, wanted, grant, signal) : done;
  }

  async #create(pool: Pool, wanted: Wanted, grant: Grant, signal: AbortSignal): Promise<AttemptResult> {
    const outcome = await this.#options.objects.create(endpointSlices, wanted.slice, { signal });
    if (outcome.kind === "ok") return this.#note(grant, outcome.object, "create", wanted.cause);
    return outcome.kind === "exists" ? this.#settleName(pool, wanted, grant, signal) : missedBy(outcome);
  }

  #note(grant: Grant, written: Slice, operation: SliceOperation, cause: WriteCause): AttemptResult {
    this.#options.onWrite(operation, cause);
    this.#options.slices.note(grant.pool, toSlice(written));
    return done;
  }

  /** What stands in the way of a slice is put right where it is the pool's own, and else left alone. */
  async #settleName(pool: Pool, wanted: Wanted, grant: Grant, signal: AbortSignal): Promise<AttemptResult> {
    const { objects, slices } = this.#options;
    const { metadata } = wanted.slice;
    const found = await findNamed<Slice>(objects, endpointSlices, metadata, signal);
    if (found.kind !== "ok") return missedBy(found);
    const slice = found.object;
    if (!slice) return { kind: "overtaken", message: `EndpointSlice ${metadata.name} came or went` };
    const { side } = wanted;
    if (isFor(pool, slice)) return this.#update(pool, { ...wanted, isNeeded: false }, slice, grant, signal);
    const message = `EndpointSlice ${metadata.name} exists and ${whoseIs(slice)}: delete it, or set ${side ? `spec.access.services.${side}` : "spec.publish.service"} to another name.`;
    slices.taken.set(grant.pool, keyOf(slice.metadata), { reason: "SliceNameTaken", message });
    return done;
  }

  #remove(slice: Slice, grant: Grant): Asked {
    const { objects, slices, onWrite } = this.#options;
    const { namespace, name, uid, resourceVersion } = slice.metadata;
    return grant.write("slices", {
      object: name,
      content: "",
      run: async (signal) => {
        const missed = await adoptionMiss(objects, grant.pool, slice, signal);
        if (missed) return missed;
        const outcome = await objects.remove(endpointSlices, namespace, name, { uid, signal });
        if (outcome.kind !== "ok" && isRefused(outcome)) return missedBy(outcome);
        onWrite("delete", "membership");
        slices.noteRemoved(grant.pool, slice, resourceVersion);
        return done;
      },
    });
  }
}

/** The same for endpoints in another order, for which no slice is written. */
const contentOf = (slice: Slice): string =>
  JSON.stringify([
    entriesOf(slice)
      .map((entry) => JSON.stringify(entry))
      .sort(),
    slice.ports,
    outOf(slice),
  ]);

const withVersion = <S extends Slice>(slice: S, resourceVersion: string | undefined): S => ({
  ...slice,
  metadata: { ...slice.metadata, ...defined({ resourceVersion }) },
});
