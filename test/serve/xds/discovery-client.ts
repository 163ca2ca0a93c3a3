import { Client, type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import { codecOf } from "../../../src/serve/grpc/messages.ts";
import { definitionOfService } from "../../../src/serve/grpc/services.ts";
import { resourceTypes } from "../../../src/serve/xds/resource-maker.ts";

const endpointsType = `type.googleapis.com/${resourceTypes.endpoints}`;

const services = {
  ads: "envoy.service.discovery.v3.AggregatedDiscoveryService",
  eds: "envoy.service.endpoint.v3.EndpointDiscoveryService",
};

interface Any {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

type Resource = Any & { readonly name: string; readonly version: string; readonly resource: Any };

export interface Response {
  readonly typeUrl: string;
  readonly nonce: string;
  /** Of a state of the world. */
  readonly versionInfo: string;
  readonly resources: readonly Resource[];
  /** Of a delta. */
  readonly removedResources: readonly string[];
}

const assignments = codecOf<{
  readonly clusterName: string;
  readonly endpoints: readonly {
    readonly locality: { readonly region: string; readonly zone: string };
    readonly loadBalancingWeight: { readonly value: number };
    readonly lbEndpoints: readonly {
      readonly endpoint: {
        readonly address: { readonly socketAddress: { readonly address: string; readonly portValue: number } };
      };
      readonly healthStatus: string;
      readonly loadBalancingWeight: { readonly value: number };
    }[];
  }[];
}>(resourceTypes.endpoints);

/** An assignment as lines: `zone address:port weight`, with `region/` before the zone where there is one, the weight of one that is drained in brackets. */
export function shown({ value }: Any): { readonly name: string; readonly lines: readonly string[] } {
  const { clusterName, endpoints } = assignments.decode(value);
  const lines = endpoints.flatMap(({ locality, lbEndpoints }) =>
    lbEndpoints.map(({ endpoint, healthStatus, loadBalancingWeight }) => {
      const { address, portValue } = endpoint.address.socketAddress;
      const weight = healthStatus === "HEALTHY" ? loadBalancingWeight.value : `(${healthStatus})`;
      const { region, zone } = locality;
      return `${region && `${region}/`}${zone || "-"} ${address}:${portValue} ${weight}`;
    }),
  );
  return { name: clusterName, lines };
}

/** A client that speaks the protocol by hand, so that it can do it wrong. */
export class DiscoveryStreamClient {
  readonly call: ClientDuplexStream<object, Response>;
  readonly responses: Response[] = [];
  /** Settles when the stream ends. */
  readonly ended: Promise<{ readonly code: number; readonly details: string }>;
  #waiting: (() => void)[] = [];

  constructor(client: Client, method: keyof typeof methods) {
    const { path, requestSerialize, responseDeserialize } = methods[method];
    this.call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    this.call.on("error", () => {});
    this.ended = new Promise((resolve) => this.call.on("status", resolve));
  }

  /** From now on takes what comes. */
  read(): this {
    this.call.on("data", (response: Response) => {
      this.responses.push(response);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    return this;
  }

  send(request: object): void {
    this.call.write({ node: { id: "envoy-1" }, typeUrl: endpointsType, ...request });
  }

  /** The response of this number, once it is there. */
  async response(number: number): Promise<Response> {
    while (this.responses.length <= number) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.responses[number]!;
  }

  /** The first `count` resources, in however many responses. Acknowledges each, and repeats the request with it. */
  async take(count: number, request: object = {}): Promise<Resource[]> {
    const taken: Resource[] = [];
    for (let number = 0; taken.length < count; number += 1) {
      const { resources, nonce } = await this.response(number);
      taken.push(...resources);
      this.send({ ...request, responseNonce: nonce });
    }
    return taken;
  }
}

const methods = {
  ads: definitionOfService(services.ads).StreamAggregatedResources!,
  adsDelta: definitionOfService(services.ads).DeltaAggregatedResources!,
  eds: definitionOfService(services.eds).StreamEndpoints!,
  edsDelta: definitionOfService(services.eds).DeltaEndpoints!,
};

export const connectTo = (port: number): Client => new Client(`127.0.0.1:${port}`, credentials.createInsecure());
