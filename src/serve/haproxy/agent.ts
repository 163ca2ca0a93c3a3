import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Consumer, Running } from "../consumer.ts";
import type { Feed } from "../feed.ts";
import type { Followers } from "../followers.ts";
import { plainAddress } from "../http/connections.ts";
import { type AgentAnswer, answerFrom, gone, released, silent } from "./answers.ts";
import { createAskers } from "./askers.ts";
import { createExchanges, type LineLimits } from "./exchanges.ts";
import { type Question, readQuestion } from "./question.ts";

export interface AgentOptions {
  /** Absent: every address. */
  readonly host?: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
  readonly now: () => number;
  /** Told of every answer. */
  readonly onAnswer?: (kind: AgentAnswer["kind"] | "unreadable") => void;
  /** Told of a question that the plan does not answer; of the same one, now and then. */
  readonly onDoubt?: (doubt: Doubt) => void;
  readonly onError?: (error: unknown) => void;
  readonly limits?: Partial<AgentLimits>;
}

/** What was asked, by whom, and why it got no plain answer. */
export interface Doubt {
  readonly client: string;
  readonly question: string;
  readonly why: string;
}

const agentLimits = {
  connections: 1_024,
  exchangeMs: 2_000,
  lineBytes: 512,
  /** After a stop has begun: so long Services may take to send HAProxy to another replica. */
  handOverMs: 2_000,
  /** Then so long at most for everybody who goes on asking here to be told so once. */
  releaseMs: 6_000,
  /** Between two words of the same doubt. */
  quietMs: 60_000,
};

export type AgentLimits = typeof agentLimits & LineLimits;

/** Tells of a doubt, and then for a while no more of the same. */
function createDoubtTeller(onDoubt: AgentOptions["onDoubt"], quietMs: number, now: () => number) {
  const told = new Map<string, number>();
  const most = 1_000;
  return (doubt: Doubt): void => {
    const name = JSON.stringify(doubt);
    const at = now();
    if (at - (told.get(name) ?? Number.NEGATIVE_INFINITY) < quietMs) return;
    if (told.size >= most) for (const [old, then] of told) if (at - then >= quietMs) told.delete(old);
    if (told.size >= most) return;
    told.set(name, at);
    onDoubt?.(doubt);
  };
}

/** Answers HAProxy's agent checks over the feed. */
export async function startAgent(
  options: AgentOptions & { readonly feed: Feed; readonly followers: Followers },
): Promise<Running & { readonly url: string }> {
  const { feed, now, onAnswer, onError } = options;
  const limits = { ...agentLimits, ...options.limits };
  const askers = createAskers({ followers: options.followers, now });
  const doubt = createDoubtTeller(options.onDoubt, limits.quietMs, now);
  let isReleasing = false;

  function decide(question: Question): AgentAnswer {
    const isWrite = question.access === "write";
    const onDoubt = isWrite ? silent : released;
    if (isReleasing) return onDoubt("the operator ends");
    const entry = feed.get(question.key);
    // The last word stands until the pools are known, which takes half a minute at most.
    if (!entry) return feed.isComplete ? onDoubt("there is no such pool") : silent("the operator has just started");
    const answer = answerFrom(entry, question, now());
    if (!answer) return askers.wasFound(question) ? gone : onDoubt("the pool has no such pod");
    if (answer.kind !== "doubt" && answer.kind !== "silent") askers.found(question);
    return answer;
  }

  const exchanges = createExchanges(limits, (line, client) => {
    const question = readQuestion(line);
    if (!question) {
      const why = "agent-send must be NAMESPACE/POOL POD [read|write] and end with a line feed or a semicolon";
      doubt({ client, question: line.slice(0, 100), why });
      onAnswer?.("unreadable");
      return "";
    }
    const answer = decide(question);
    askers.asked(client, question, isReleasing ? undefined : feed.get(question.key)?.version);
    onAnswer?.(answer.kind);
    if (answer.why !== undefined && !isReleasing) doubt({ client, question: line.slice(0, 200), why: answer.why });
    return answer.words;
  });

  const server = createServer((socket) => {
    // HAProxy may be gone again.
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) socket.destroy();
    else exchanges.take(socket, plainAddress(remoteAddress));
  });
  server.listen(options.port, options.host);
  await once(server, "listening");
  server.on("error", (error) => onError?.(error));
  const { address, family, port } = server.address() as AddressInfo;

  /**
   * What HAProxy was told last stays in force without us. While it is sent to another replica, it gets the truth still;
   * who keeps coming has nobody else, and is told that everybody is as good as the other.
   */
  async function handOver(): Promise<void> {
    if (!askers.awaited(Number.POSITIVE_INFINITY)) return;
    await sleep(limits.handOverMs);
    isReleasing = true;
    const releasedAt = now();
    const until = performance.now() + limits.releaseMs;
    while (performance.now() < until && askers.awaited(releasedAt)) await sleep(100);
  }

  async function end(): Promise<void> {
    await handOver();
    const closed = once(server, "close");
    server.close();
    await Promise.all([closed, exchanges.end()]);
    askers.close();
  }

  let ended: Promise<void> | undefined;
  return {
    url: `tcp://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    stop() {
      ended ??= end();
      return ended;
    },
  };
}

/** The agent that HAProxy asks for the weight and the state of each server. */
export const haproxy = (options: AgentOptions): Consumer => ({
  name: "haproxy",
  vital: true,
  start: (feed, followers) => startAgent({ ...options, feed, followers }),
});
