import { connect } from "node:net";
import type { ProbeFailure } from "../../decide/membership/probe-failure.ts";
import type { Probed } from "../../decide/membership/probing.ts";
import { answered, failed, limited, type ProbeOnce } from "./limited.ts";
import {
  type BackendMessage,
  query,
  readMessage,
  sqlStateOf,
  startup,
  takesWritesBy,
  terminate,
} from "./postgres-messages.ts";

interface Role {
  readonly user: string;
  readonly database: string | undefined;
}

/** More than a server says before it is ready and in answer to one row. */
const maxBytes = 65_536;

/** What the server says of itself while it begins: parameters, a key to cancel with, notices, versions. */
const greetings = new Set(["K", "N", "v"]);

/** SQLSTATEs of a server that takes no connection now: it starts, ends, recovers, or all of them are taken. */
const notAccepting = new Set(["57P03", "57P01", "57P02", "53300"]);

/**
 * What an error before the first query says: a server that knows no such role or database, or lets nobody in from here,
 * is one that answers.
 */
function judgeRefusal(state: string | undefined, responseMs: number): Probed {
  if (state === undefined) return failed("Malformed");
  if (notAccepting.has(state)) return failed("NotAccepting");
  return state.startsWith("28") || state === "3D000" ? answered(responseMs) : failed("ServerError");
}

/** The server's side of one probe; `send` sends, `settle` ends it. */
class Conversation {
  readonly #send: (bytes: Buffer) => void;
  readonly #settle: (probed: Probed) => void;
  #stage: "starting" | "authenticated" | "queried" | "answered" = "starting";
  #sentAt = performance.now();
  #takesWrites: boolean | undefined;

  constructor(role: Role, send: (bytes: Buffer) => void, settle: (probed: Probed) => void) {
    this.#send = send;
    this.#settle = settle;
    send(startup(role.user, role.database));
  }

  hear({ type, body }: BackendMessage): void {
    if (type === "E") this.#refuse(sqlStateOf(body));
    else if (type === "S") this.#takesWrites = takesWritesBy(body) ?? this.#takesWrites;
    else if (greetings.has(type)) return;
    else if (this.#stage === "starting" && type === "R" && body.length >= 4) this.#authenticate(body.readInt32BE(0));
    else if (this.#stage === "authenticated" && type === "Z") this.#ask();
    else if (this.#stage === "queried" && (type === "T" || type === "D")) return;
    else if (this.#stage === "queried" && type === "C") this.#stage = "answered";
    else if (this.#stage === "answered" && type === "Z") this.#settle(answered(this.#elapsedMs, this.#takesWrites));
    else this.#settle(failed("Malformed"));
  }

  get #elapsedMs(): number {
    return performance.now() - this.#sentAt;
  }

  #refuse(state: string | undefined): void {
    const isServing = this.#stage === "queried" || this.#stage === "answered";
    this.#settle(
      isServing && !notAccepting.has(state ?? "") ? failed("ServerError") : judgeRefusal(state, this.#elapsedMs),
    );
  }

  /** 0 lets in; all else asks for credentials, which a probe does not have: the server has answered. */
  #authenticate(request: number): void {
    if (request === 0) this.#stage = "authenticated";
    else this.#settle(answered(this.#elapsedMs));
  }

  #ask(): void {
    this.#stage = "queried";
    this.#sentAt = performance.now();
    this.#send(query("SELECT 1"));
  }
}

/**
 * Asks a PostgreSQL server for a row over a new connection. The time is that of the query, or, where the server wants a
 * password, that from the first message to this wish. A server that lets the role in also says whether it is a standby.
 */
export const probePostgres =
  (role: Role, timeoutMs: number): ProbeOnce =>
  ({ address, port }, signal) =>
    limited(timeoutMs, signal, (settle, guard) => {
      const socket = connect({ host: address, port, noDelay: true });
      let conversation: Conversation | undefined;
      let waiting: Buffer = Buffer.alloc(0);
      let bytes = 0;
      let isOver = false;
      const over = (probed: Probed): void => {
        isOver = true;
        settle(probed);
      };
      const cut = (): ProbeFailure => (conversation ? "ConnectionCut" : "ConnectFailed");
      socket.once(
        "connect",
        guard(() => {
          conversation = new Conversation(role, (message) => socket.write(message), over);
        }),
      );
      const hear = (chunk: Buffer): void => {
        bytes += chunk.length;
        if (bytes > maxBytes) over(failed("Malformed"));
        waiting = Buffer.concat([waiting, chunk]);
        while (!isOver) {
          const read = readMessage(waiting);
          if (read === undefined) return;
          if (read === null) {
            over(failed("Malformed"));
            return;
          }
          waiting = read.rest;
          conversation?.hear(read.message);
        }
      };
      socket.on("data", guard(hear));
      socket.on("error", () => over(failed(cut())));
      socket.once("close", () => over(failed(cut())));
      return {
        late: () => (conversation ? "TimedOut" : "ConnectFailed"),
        end: () => {
          if (!conversation) return socket.destroy();
          socket.write(terminate);
          socket.destroySoon();
        },
      };
    });
