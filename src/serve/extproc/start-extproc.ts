import { once } from "node:events";
import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { openAccess } from "../access/access.ts";
import type { Running } from "../consumer.ts";
import type { Feed } from "../feed.ts";
import type { Followers } from "../followers.ts";
import { credentialsOfCall } from "../grpc/credentials.ts";
import { type GrpcOptions, type GrpcServer, serveGrpc } from "../grpc/server.ts";
import { definitionOfService } from "../grpc/services.ts";
import { choose, meantAmong, type PickResult } from "./choose.ts";
import { CannotAnswer, Conversation, type Served } from "./conversation.ts";
import type { CallFacts, Hints } from "./hints.ts";
import { type ProcessingRequest, type ProcessingResponse, processor } from "./protocol.ts";
import { createRecentClients } from "./recent-clients.ts";
import { createKnowledge } from "./wait-for-pools.ts";

/** A proxy that asks in a way to which there is no answer. */
export interface Misuse {
  readonly client: string;
  readonly code: CannotAnswer["code"];
  readonly why: string;
}

export interface ExtprocOptions extends GrpcOptions {
  /** What became of a request. */
  readonly onChoice?: ((kind: PickResult["kind"]) => void) | undefined;
  readonly onServed?: ((served: Served) => void) | undefined;
  readonly onMisuse?: ((misuse: Misuse) => void) | undefined;
}

type Call = ServerDuplexStream<ProcessingRequest, ProcessingResponse>;

const limits = {
  /** One for each request under way; as many as Envoy has by default to one cluster. */
  streams: 1_024,
  /** While it waits for an answer, Envoy gathers what a client sends within a window of HTTP/2, 16 MB by default, and sends it as one. */
  messageBytes: 17 * 1_048_576,
  /** Each stream is one request, and ends with it: to cut it short would fail the request. */
  graceMs: Number.POSITIVE_INFINITY,
};

/** By these names of the health service it is asked whether there is an answer for every pool. */
const readinessNames = ["", "readiness", processor];

const factsOf = (call: Call): CallFacts => {
  const [pool, shed] = ["x-evenkeel-pool", "x-evenkeel-shed"].map((name) => call.metadata.get(name)[0]?.toString());
  return { pool, shed, authority: call.getHost() };
};

const clientOf = (call: Call): string => credentialsOfCall(call).address;

/** Serves the Endpoint Picker protocol; rejects if the port cannot be had. */
export async function startExtproc(
  feed: Feed,
  followers: Followers,
  { onChoice, onServed, onMisuse, ...options }: ExtprocOptions,
): Promise<Running & { readonly port: number }> {
  const { access = openAccess } = options;
  const recent = createRecentClients(followers);
  const knowledge = createKnowledge(feed);
  const calls = new Map<Call, Conversation>();

  async function chooseFor(call: Call, hints: Hints, signal: AbortSignal): Promise<PickResult> {
    await knowledge.of(
      hints.pools.map(({ key }) => key),
      signal,
    );
    const meant = meantAmong(feed, hints.pools);
    if (meant && !access.isOpen) {
      const verdict = await access.may(credentialsOfCall(call), "get", meant.key);
      if (verdict.kind !== "allowed") throw new CannotAnswer("PERMISSION_DENIED", verdict.detail);
    }
    return choose(feed, hints);
  }

  function openConversation(call: Call, signal: AbortSignal): Conversation {
    const client = clientOf(call);
    return new Conversation(factsOf(call), {
      choose: (hints) => chooseFor(call, hints, signal),
      onChoice(choice) {
        onChoice?.(choice.kind);
        if (choice.kind !== "unknown") recent.asked(client, choice.entry.key, choice.entry.version);
      },
      onServed: (served) => onServed?.(served),
    });
  }

  function fail(call: Call, error: unknown): void {
    if (error instanceof CannotAnswer) {
      onMisuse?.({ client: clientOf(call), code: error.code, why: error.message });
      call.emit("error", { code: status[error.code], details: error.message });
    } else {
      options.onError?.(error);
      call.emit("error", { code: status.INTERNAL, details: "The endpoint picker failed." });
    }
  }

  /** One message after the other, and no further one before the proxy has taken what was said. */
  async function converse(call: Call): Promise<void> {
    const over = new AbortController();
    call.once("cancelled", () => over.abort());
    const conversation = openConversation(call, over.signal);
    calls.set(call, conversation);
    try {
      // One that destroyed the call when it is left could not tell the proxy why.
      for await (const message of call.iterator({ destroyOnReturn: false })) {
        const answer = await conversation.answer(message as ProcessingRequest);
        if (over.signal.aborted || call.writableEnded) break;
        if (answer && !call.write(answer)) await once(call, "drain", { signal: over.signal });
      }
      call.end();
    } catch (error) {
      // One that the proxy has ended waits for no answer.
      if (!over.signal.aborted && !call.destroyed) fail(call, error);
    } finally {
      calls.delete(call);
    }
  }

  const server: GrpcServer = await serveGrpc(
    {
      services: [
        {
          definition: definitionOfService(processor),
          methods: { Process: (call: Call) => void converse(call) },
        },
      ],
      health: ["liveness", ...readinessNames],
      end() {
        // The others go on while the server waits for them: a body that we cease to send back would be cut off.
        for (const [call, conversation] of calls) if (conversation.canEnd) call.end();
      },
    },
    { ...options, limits: { ...limits, ...options.limits } },
  );
  const tell = (isComplete: boolean) => {
    for (const name of readinessNames) server.setServing(name, isComplete);
  };
  tell(feed.isComplete);
  void knowledge.complete.then(() => tell(true));

  return {
    url: server.url,
    port: server.port,
    async stop() {
      knowledge.end();
      await server.stop();
      recent.end();
    },
  };
}
