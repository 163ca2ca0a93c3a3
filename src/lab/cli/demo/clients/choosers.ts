import { followPool } from "../../../../client/client.ts";
import type { FeedEntry } from "../../../../serve/feed.ts";
import type { Choice } from "../load-generator.ts";
import type { Chooser } from "./request-client.ts";

/**
 * What a plain Service makes of the pods: all that are ready get the same, one after the other, whatever they are busy
 * with and whatever the operator says of them.
 */
export function blindly(entry: () => FeedEntry | undefined, port: number): Chooser {
  let turn = 0;
  return {
    name: "blind",
    by: "every ready pod in turn",
    choose() {
      const ready = (entry()?.observation.pods ?? [])
        .map(({ pod }) => pod)
        .filter(({ ready: isReady, terminating, addresses }) => isReady && !terminating && addresses.length > 0);
      turn += 1;
      const pod = ready[turn % ready.length];
      return pod && { pod: pod.name, address: pod.addresses[0]!, port };
    },
  };
}

/** What evenkeel/client makes of the pool: it follows the weights, and leaves who failed it alone for a while. */
export function following(
  poolUrl: string,
  onError: (message: string) => void,
): Chooser & { readonly ready: Promise<void> } {
  const pool = followPool({ url: poolUrl, client: "demo", onError: ({ message }) => onError(message) });
  // Where it fails in the end, onError has said why.
  const ready = pool.ready.then(
    () => {},
    () => {},
  );
  const chosen = new WeakMap<Choice, Parameters<typeof pool.balancer.release>[0]>();
  return {
    name: "following",
    by: "by the pool's weights",
    ready,
    choose() {
      const endpoint = pool.balancer.next();
      if (!endpoint) return undefined;
      const choice = { pod: endpoint.id, address: endpoint.address, port: endpoint.port };
      chosen.set(choice, endpoint);
      return choice;
    },
    ended(choice, failed) {
      const endpoint = chosen.get(choice)!;
      if (failed) pool.balancer.fail(endpoint);
      pool.balancer.release(endpoint);
    },
    close: () => pool.close(),
  };
}
