/**
 * A call of grpc.health.v1.Health/Check as it is on the wire: messages of one field each, behind a flag and a length
 * (https://github.com/grpc/grpc/blob/master/doc/health-checking.md, PROTOCOL-HTTP2.md beside it).
 */
export const checkPath = "/grpc.health.v1.Health/Check";

const prefixBytes = 5;
const serviceTag = 0x0a;
const statusTag = 0x08;

export type ServingStatus = "Unknown" | "Serving" | "NotServing" | "ServiceUnknown";

const statuses: readonly ServingStatus[] = ["Unknown", "Serving", "NotServing", "ServiceUnknown"];

/** HealthCheckRequest. The name is shorter than 16,384 bytes. */
function requestOf(service: string): Buffer {
  const name = Buffer.from(service);
  if (name.length === 0) return Buffer.alloc(0);
  const length = name.length < 0x80 ? [name.length] : [(name.length & 0x7f) | 0x80, name.length >> 7];
  return Buffer.concat([Buffer.from([serviceTag, ...length]), name]);
}

/** The body of a call. */
export function encodeCheck(service: string): Buffer {
  const message = requestOf(service);
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** What the body of an answer says; undefined for one that is none. A status that is not sent is the first of them. */
export function decodeCheck(body: Buffer): ServingStatus | undefined {
  if (body.length < prefixBytes || body[0] !== 0 || body.readUInt32BE(1) !== body.length - prefixBytes)
    return undefined;
  const message = body.subarray(prefixBytes);
  if (message.length === 0) return "Unknown";
  const [tag, status] = message;
  return tag === statusTag && message.length === 2 ? statuses[status!] : undefined;
}
