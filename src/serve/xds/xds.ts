import type { Consumer } from "../consumer.ts";
import type { XdsOptions } from "./start-xds.ts";

/** xDS as a consumer. What speaks gRPC is imported when it is wanted: it takes longer to load than all else. */
export const xds = (options: XdsOptions): Consumer => ({
  name: "xds",
  vital: true,
  start: async (feed, followers) => (await import("./start-xds.ts")).startXds(feed, followers, options),
});
