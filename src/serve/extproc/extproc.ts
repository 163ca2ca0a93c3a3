import type { Consumer } from "../consumer.ts";
import type { ExtprocOptions } from "./start-extproc.ts";

/** The endpoint picker as a consumer. What speaks gRPC is imported when it is wanted: it takes longer to load than all else. */
export const extproc = (options: ExtprocOptions): Consumer => ({
  name: "extproc",
  vital: true,
  start: async (feed, followers) => (await import("./start-extproc.ts")).startExtproc(feed, followers, options),
});
