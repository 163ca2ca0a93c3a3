import { Agent, request } from "undici";
import { followPool } from "../../../../client/client.ts";
import { Patience } from "../patience.ts";
import type { CarrierKind } from "./carrier.ts";

const failovers = 2;
/** Then it turns to the next pod. */
const patienceMs = 4_000;

/** The JavaScript client, which follows the pool and picks by weight. */
export const client: CarrierKind = {
  title: "evenkeel/client",
  check() {},
  async open({ pool, operatorUrl, onEnd }) {
    const followed = followPool({
      url: `${operatorUrl}/v1/pools/${pool}`,
      client: "demo",
      onError: ({ message }) => onEnd(`evenkeel/client: ${message}`),
    });
    await followed.ready;
    const { balancer } = followed;
    // A connection for each request: pods balance by those that are open.
    const dispatcher = new Agent({ pipelining: 0 });
    return {
      async send(signal) {
        let failure: unknown = new Error("no pod to turn to");
        for (const [index, endpoint] of balancer.next(1 + failovers).entries()) {
          if (index > 0) balancer.begin(endpoint);
          using patience = new Patience(patienceMs, signal);
          try {
            const url = `http://${endpoint.address}:${endpoint.port}/`;
            const { statusCode, body } = await request(url, { dispatcher, signal: patience.signal });
            const text = await body.text();
            if (statusCode !== 200) throw new Error(`${endpoint.id} answered ${statusCode}`);
            return text.trim();
          } catch (error) {
            if (signal.aborted) throw error;
            balancer.fail(endpoint);
            failure = error;
          } finally {
            balancer.release(endpoint);
          }
        }
        throw failure;
      },
      async close() {
        await followed.close();
        await dispatcher.destroy();
      },
    };
  },
};
