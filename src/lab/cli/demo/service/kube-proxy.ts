import { ListWatch } from "../../../../kube/list-watch.ts";
import type { Transport } from "../../../../kube/transport.ts";
import { endpointSlices, type KubeObject } from "../../../../kube/types.ts";
import type { Random } from "../../../sim/random.ts";
import type { Choice } from "../load-generator.ts";

interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  readonly targetRef?: { readonly name?: string };
}

interface Slice extends KubeObject {
  readonly endpoints?: readonly Endpoint[] | null;
  readonly ports?: readonly { readonly port?: number }[] | null;
}

/** A slice as a proxy needs it. */
interface SliceChoices {
  readonly service: string;
  readonly ready: readonly Choice[];
  /** On their way out, and still serving: where nobody is ready, better than nobody. */
  readonly lastResort: readonly Choice[];
}

function readSlice({ metadata, endpoints, ports }: Slice): SliceChoices | undefined {
  const service = metadata.labels?.["kubernetes.io/service-name"];
  const port = ports?.[0]?.port;
  if (service === undefined || port === undefined) return undefined;
  const choices = (endpoints ?? []).map(({ addresses, conditions = {}, targetRef }) => ({
    choice: { pod: targetRef?.name ?? addresses[0]!, address: addresses[0]!, port },
    conditions,
  }));
  return {
    service,
    ready: choices.filter(({ conditions }) => conditions.ready !== false).map(({ choice }) => choice),
    lastResort: choices
      .filter(({ conditions }) => conditions.serving && conditions.terminating)
      .map(({ choice }) => choice),
  };
}

const byNumber = new Intl.Collator("en", { numeric: true });

/**
 * What kube-proxy makes of a Service: each new connection goes to one of the endpoints that are ready, at random. It
 * follows the slices and asks nobody how busy a pod is.
 */
export class KubeProxy {
  readonly #slices: ListWatch<SliceChoices>;

  constructor(transport: Transport, namespace: string) {
    const project = (raw: KubeObject) => readSlice(raw as Slice);
    this.#slices = new ListWatch({ transport, ref: endpointSlices, namespace, project });
  }

  /** Follows the slices until the signal aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#slices.run(signal);
  }

  /** The endpoints among which new connections to the Service are spread, by address. */
  endpoints(service: string): readonly Choice[] {
    const slices = [...this.#slices.items.values()].filter((slice) => slice.service === service);
    const ready = slices.flatMap((slice) => slice.ready);
    const choices = ready.length > 0 ? ready : slices.flatMap(({ lastResort }) => lastResort);
    return choices.toSorted((a, b) => byNumber.compare(a.address, b.address));
  }

  /** Where a client of the Service comes out, each time it tries; ends where there is nobody, or after so many tries. */
  *connect(service: string, random: Random, tries: number): Generator<Choice> {
    for (let tried = 0; tried < tries; tried += 1) {
      const endpoints = this.endpoints(service);
      if (endpoints.length === 0) return;
      yield endpoints[random.below(endpoints.length)]!;
    }
  }
}
