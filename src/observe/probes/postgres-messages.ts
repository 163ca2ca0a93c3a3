/**
 * The few messages of PostgreSQL's protocol 3.0 that a probe needs
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html).
 */

const protocolVersion = 0x0003_0000;
const headerBytes = 5;
/** The greatest that a probe has a use for; a longer one is not of this protocol. */
const maxMessageBytes = 16_384;

export interface BackendMessage {
  readonly type: string;
  readonly body: Buffer;
}

const framed = (type: string, body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(type), length, body]);
};

/** StartupMessage; an absent database is the user's own. */
export function startup(user: string, database: string | undefined): Buffer {
  const parameters = { user, ...(database && { database }), application_name: "evenkeel" };
  const texts = Object.entries(parameters).flatMap(([name, value]) => [`${name}\0`, `${value}\0`]);
  const version = Buffer.alloc(4);
  version.writeInt32BE(protocolVersion);
  return framed("", Buffer.concat([version, Buffer.from(`${texts.join("")}\0`)]));
}

export const query = (sql: string): Buffer => framed("Q", Buffer.from(`${sql}\0`));

export const terminate: Buffer = framed("X", Buffer.alloc(0));

/** Takes the first message off what has come; undefined if it is not all there, null if it is none. */
export function readMessage(
  bytes: Buffer,
): { readonly message: BackendMessage; readonly rest: Buffer } | undefined | null {
  if (bytes.length === 0) return undefined;
  const type = String.fromCharCode(bytes[0]!);
  if (!/[A-Za-z0-9]/.test(type)) return null;
  if (bytes.length < headerBytes) return undefined;
  const length = bytes.readInt32BE(1);
  if (length < 4 || length > maxMessageBytes) return null;
  const end = 1 + length;
  if (bytes.length < end) return undefined;
  return { message: { type, body: bytes.subarray(headerBytes, end) }, rest: bytes.subarray(end) };
}

/**
 * Whether the server takes writes, by a ParameterStatus, which it sends once it has let somebody in; undefined where that
 * is of something else. From PostgreSQL 14 on. Not by `default_transaction_read_only`, which may be set of a role alone.
 */
export function takesWritesBy(body: Buffer): boolean | undefined {
  const [name, value] = body.toString("latin1").split("\0");
  if (name !== "in_hot_standby") return undefined;
  return value === "on" || value === "off" ? value === "off" : undefined;
}

/** SQLSTATE of an ErrorResponse; undefined where it has none, as no server sends it. */
export function sqlStateOf(body: Buffer): string | undefined {
  const fields = body.toString("latin1").split("\0");
  const code = fields.find((field) => field.startsWith("C"))?.slice(1);
  return code && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
