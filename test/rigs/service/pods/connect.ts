import { randomBytes } from "node:crypto";
import { resolve4 } from "node:dns/promises";
import { createServer, get, type IncomingMessage } from "node:http";
import { connect, isIP } from "node:net";
import { json } from "node:stream/consumers";
import type { Answer, Counted, Load } from "../load.ts";

// Runs in a pod, and is told what to do on CONTROL_PORT: `PUT /load` a Load, `DELETE /load`, `GET /counted`,
// `GET /addresses/NAME` for what DNS answers, `GET /answers/TARGET` for who answers there. Each connection has a source port
// of its own, so that it is balanced anew.

const { CONTROL_PORT = "8081" } = process.env;
const answerWithinMs = 30_000;
const tryForMs = 2_000;

const asked = (...lines: readonly string[]): string => [...lines, "", ""].join("\r\n");
const webSocketKey = randomBytes(16).toString("base64");

/** An answered request whose connection stays, a stream that goes on, a WebSocket. */
const requests = [
  asked("GET / HTTP/1.1", "Host: service"),
  asked("GET /stream HTTP/1.1", "Host: service"),
  asked(
    ...["GET / HTTP/1.1", "Host: service", "Upgrade: websocket", "Connection: Upgrade"],
    ...["Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${webSocketKey}`],
  ),
];

let opened = 0;
const refused: string[] = [];
const cut: Record<string, number> = {};
const moved: Record<string, number> = {};
const enders = new Set<() => void>();

const draw = <T>(values: readonly T[]): T | undefined => values[Math.floor(Math.random() * values.length)];

const refuse = (service: string, why: string): void =>
  void refused.push(`${service} at ${new Date().toISOString()}: ${why}`);

/** One of the addresses of a name, as of now. */
async function lookUp(service: string, target: string, holdMs: number): Promise<void> {
  const [name = "", port] = target.split(":");
  if (isIP(name)) return hold(service, name, Number(port), holdMs);
  try {
    const host = draw(await resolve4(name));
    if (host === undefined) refuse(service, "no address");
    else hold(service, host, Number(port), holdMs);
  } catch (error) {
    refuse(service, (error as Error).message);
  }
}

/**
 * The pod that answers at a target. A connection that was opened before kube-proxy knew the Service leaves the cluster, where
 * a gateway may well answer, for as long as it is used: so each try has its own, and only a pod counts.
 */
const findPod = (target: string): Promise<Answer> =>
  new Promise((resolve) => {
    const request = get(`http://${target}/`, { agent: false, timeout: tryForMs }, (response) => {
      const { "x-pod": pod, server = "somebody" } = response.headers;
      resolve(typeof pod === "string" ? { pod } : { problem: `${server} answered ${response.statusCode}, no pod` });
      response.destroy();
    });
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", ({ message }) => resolve({ problem: message }));
  });

/** Opens one, sees that it is answered, holds it and ends it. What ends before that is told of. */
function hold(service: string, host: string, port: number, holdMs: number): void {
  const socket = connect({ host, port });
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let pod: string | undefined;
  let head = "";
  let why = "ended before an answer";
  let isOver = false;
  const end = (): void => {
    isOver = true;
    socket.destroy();
  };
  enders.add(end);
  socket.setTimeout(answerWithinMs, () => {
    why = "no answer";
    socket.destroy();
  });
  socket.on("connect", () => socket.write(draw(requests)!));
  socket.on("data", (part) => {
    if (pod !== undefined) return;
    head += part.toString("latin1");
    pod = /^x-pod: (\S+)/im.exec(head)?.[1];
    if (pod === undefined) return;
    opened += 1;
    socket.setTimeout(0);
    timer = setTimeout(end, startedAt + holdMs - performance.now());
  });
  socket.on("error", (error: NodeJS.ErrnoException) => (why = error.code ?? error.message));
  socket.on("close", () => {
    clearTimeout(timer);
    enders.delete(end);
    if (isOver) return;
    if (pod === undefined) return refuse(service, why);
    const isMoved = running?.comesBack.includes(service) === true;
    const count = isMoved ? moved : cut;
    count[pod] = (count[pod] ?? 0) + 1;
    if (isMoved) void lookUp(service, running!.targets[service]!, startedAt + holdMs - performance.now());
  });
}

let running: Load | undefined;
let arrival: NodeJS.Timeout | undefined;

const exponential = (mean: number): number => -mean * Math.log(1 - Math.random());

function arrive({ targets, holdSeconds }: Load): void {
  // The same arrivals for all: at the same time, for as long.
  const holdMs = exponential(holdSeconds) * 1_000;
  for (const [service, target] of Object.entries(targets)) void lookUp(service, target, holdMs);
}

function begin(load: Load): void {
  end();
  running = load;
  const gapMs = () => exponential(1 / load.perSecond) * 1_000;
  let dueAt = performance.now() + gapMs();
  const next = (): void => {
    while (performance.now() >= dueAt) {
      arrive(load);
      dueAt += gapMs();
    }
    arrival = setTimeout(next, dueAt - performance.now());
  };
  next();
  // What would be there already, spread so that it is no crowd.
  for (let index = 0; index < load.initial; index += 1) {
    setTimeout(() => running === load && arrive(load), (index / load.initial) * load.initialSeconds * 1_000);
  }
}

function end(): void {
  running = undefined;
  clearTimeout(arrival);
  for (const endOne of [...enders]) endOne();
}

async function answer({ method, url = "" }: IncomingMessage, body: () => Promise<unknown>): Promise<unknown> {
  if (method === "PUT" && url === "/load") return begin((await body()) as Load);
  if (method === "DELETE" && url === "/load") return end();
  if (url === "/counted") return { open: enders.size, opened, refused, cut, moved } satisfies Counted;
  const [, what, name = ""] = /^\/(addresses|answers)\/(.+)$/.exec(url) ?? [];
  if (what === "addresses") return (await resolve4(name)).sort();
  if (what === "answers") return findPod(name);
  return undefined;
}

createServer(async (request, response) => {
  try {
    const said = await answer(request, () => json(request));
    response.setHeader("content-type", "application/json").end(JSON.stringify(said ?? {}));
  } catch (error) {
    response.writeHead(500).end((error as Error).message);
  }
}).listen(Number(CONTROL_PORT));

process.on("SIGTERM", () => process.exit());
