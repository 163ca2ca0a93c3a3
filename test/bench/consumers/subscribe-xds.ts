import { Client, credentials } from "@grpc/grpc-js";
import { definitionOfService } from "../../../src/serve/grpc/services.ts";
import { poolKey } from "./serving.ts";

/**
 * Subscribers of the pool over xDS, each a stream, as a process of its own: `subscribe-xds.ts PORT STREAMS CONNECTIONS`. Asked
 * by a message, it answers how many responses all of them together have had.
 */
const [port, streams, connections] = process.argv.slice(2).map(Number) as [number, number, number];
const typeUrl = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
const { StreamAggregatedResources: method } = definitionOfService(
  "envoy.service.discovery.v3.AggregatedDiscoveryService",
);
const clients = Array.from(
  { length: connections },
  (_, index) =>
    new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
      "bench.connection": index,
    }),
);
let responses = 0;
process.on("message", () => process.send!(responses));

for (let index = 0; index < streams; index += 1) {
  const call = clients[index % connections]!.makeBidiStreamRequest(
    method!.path,
    method!.requestSerialize,
    method!.responseDeserialize,
  );
  const send = (responseNonce: string): void => {
    call.write({ node: { id: `bench-${index}` }, typeUrl, resourceNames: [poolKey], responseNonce });
  };
  call.on("error", (error) => {
    console.error(error);
    process.exit(1);
  });
  call.on("data", ({ nonce }: { readonly nonce: string }) => {
    responses += 1;
    send(nonce);
  });
  send("");
}
