import { connect } from "node:net";
import { answered, failed, limited, type ProbeOnce } from "./limited.ts";

/** Opens a connection and closes it: the time is one round trip. */
export const probeTcp =
  (timeoutMs: number): ProbeOnce =>
  ({ address, port }, signal) =>
    limited(timeoutMs, signal, (settle) => {
      const startedAt = performance.now();
      const socket = connect({ host: address, port, noDelay: true });
      socket.once("connect", () => settle(answered(performance.now() - startedAt)));
      socket.on("error", () => settle(failed("ConnectFailed")));
      return { late: () => "ConnectFailed", end: () => socket.destroy() };
    });
