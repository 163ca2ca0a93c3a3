import protobuf from "protobufjs/light.js";
import descriptor from "./descriptor.json" with { type: "json" };

/** All that is spoken. `tools/protos` makes the descriptor from the .proto files of packages, and says which fields it keeps. */
export const root = protobuf.Root.fromJSON(descriptor as object as protobuf.INamespace);

/** Turns messages of one type into bytes and back. Fields are in camel case, enums go by name, 64 bits are numbers. */
export interface Codec<Message> {
  encode(message: Message): Buffer;
  /**
   * Throws at what is no such message. Fields of one value that were not sent have their default, messages are null,
   * lists empty; of a oneof only what was sent is there, and its name says which that is.
   */
  decode(bytes: Uint8Array): Message;
}

const plainly: protobuf.IConversionOptions = { enums: String, longs: Number, defaults: true, oneofs: true };

export function codecOf<Message extends object>(name: string): Codec<Message> {
  const type = root.lookupType(name);
  return {
    encode: (message) => type.encode(type.fromObject(message)).finish() as Buffer,
    decode: (bytes) => type.toObject(type.decode(bytes), plainly) as Message,
  };
}

export const typeUrlOf = (name: string): string => `type.googleapis.com/${name}`;

/** A message inside of another, with the name of its type. */
export interface AnyMessage {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** Packs messages of one type. */
export function packerOf<Message extends object>(name: string): (message: Message) => AnyMessage {
  const { encode } = codecOf<Message>(name);
  const typeUrl = typeUrlOf(name);
  return (message) => ({ typeUrl, value: encode(message) });
}
