import { on } from "node:events";
import { Client, type ClientDuplexStream, credentials, Metadata } from "@grpc/grpc-js";
import { onTestFinished } from "vitest";
import { processor } from "../../../src/serve/extproc/protocol.ts";
import { definitionOfService } from "../../../src/serve/grpc/services.ts";

const method = definitionOfService(processor).Process!;

export interface StreamOptions {
  /** gRPC metadata, as a proxy's configuration sets it. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly authority?: string;
}

/** What a proxy says and hears of one request. */
export interface Stream {
  readonly call: ClientDuplexStream<object, object>;
  say(message: object): void;
  /** The next answer; undefined: the picker has ended the stream. */
  hear(): Promise<object | undefined>;
  /** Says something and hears what is answered. */
  ask(message: object): Promise<object | undefined>;
  readonly status: Promise<{ readonly code: number; readonly details: string }>;
}

export function connect(address: string): Client {
  const client = new Client(address, credentials.createInsecure());
  onTestFinished(() => client.close());
  return client;
}

export function openStream(client: Client, { metadata = {}, authority }: StreamOptions = {}): Stream {
  const given = new Metadata();
  for (const [key, value] of Object.entries(metadata)) given.set(key, value);
  const { path, requestSerialize, responseDeserialize } = method;
  const call = client.makeBidiStreamRequest<object, object>(
    path,
    requestSerialize,
    responseDeserialize,
    given,
    authority === undefined ? {} : { host: authority },
  );
  const status = new Promise<{ code: number; details: string }>((resolve) => call.on("status", resolve));
  const answers = on(call, "data", { close: ["end", "close"] });
  onTestFinished(() => call.cancel());
  // The status says it, too.
  call.on("error", () => {});
  const hear = async () => {
    try {
      return ((await answers.next()).value as [object] | undefined)?.[0];
    } catch {
      return undefined;
    }
  };
  return {
    call,
    status,
    say: (message) => void call.write(message),
    hear,
    ask(message) {
      call.write(message);
      return hear();
    },
  };
}

function toValue(value: unknown): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(toValue) } };
  return { numberValue: value };
}

type Values = Readonly<Record<string, unknown>>;

export const structOf = (values: Values) => ({
  fields: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toValue(value)])),
});

/** Metadata as a message holds it. */
export const metadataOf = (namespaces: Readonly<Record<string, Values>>) => ({
  filterMetadata: Object.fromEntries(
    Object.entries(namespaces).map(([namespace, values]) => [namespace, structOf(values)]),
  ),
});
