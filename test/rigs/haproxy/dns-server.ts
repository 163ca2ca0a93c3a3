import { createSocket } from "node:dgram";
import { once } from "node:events";

const typeA = 1;
const classIn = 1;
const ttlSeconds = 1;

/** The name that a query asks for, and where its question ends. */
function readQuestion(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), end: at + 5 };
}

/** A DNS server that knows addresses of IPv4 by name, as the one of a cluster does of headless Services. */
export async function startDns(addressesOf: (name: string) => readonly string[]) {
  const socket = createSocket("udp4");
  socket.on("message", (query, { address, port }) => {
    const { name, end } = readQuestion(query);
    const addresses = query.readUInt16BE(end - 4) === typeA ? addressesOf(name) : [];
    const isKnown = addressesOf(name).length > 0;
    const head = Buffer.alloc(12);
    head.writeUInt16BE(query.readUInt16BE(0), 0);
    // An authoritative answer; to a name that there is not, NXDOMAIN.
    head.writeUInt16BE(isKnown ? 0x8580 : 0x8583, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(addresses.length, 6);
    const answers = addresses.map((one) => {
      const record = Buffer.alloc(16);
      // The name is that of the question.
      record.writeUInt16BE(0xc00c, 0);
      record.writeUInt16BE(typeA, 2);
      record.writeUInt16BE(classIn, 4);
      record.writeUInt32BE(ttlSeconds, 6);
      record.writeUInt16BE(4, 10);
      record.set(one.split(".").map(Number), 12);
      return record;
    });
    socket.send(Buffer.concat([head, query.subarray(12, end), ...answers]), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { address: `127.0.0.1:${socket.address().port}`, stop: () => socket.close() };
}
