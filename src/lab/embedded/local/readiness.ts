import { once } from "node:events";
import { request } from "node:http";
import { request as requestSecurely } from "node:https";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { containersOf, portsOf } from "../kinds/pod.ts";
import { isObject, type JsonObject, objectOf } from "../object/json.ts";
import type { StoredObject } from "../object/stored-object.ts";

/** Rejects where nobody listens. */
async function dial(host: string, port: number, signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port, signal });
  try {
    await once(socket, "connect", { signal });
  } finally {
    socket.on("error", () => undefined).destroy();
  }
}

/** Rejects unless the answer is a success or leads elsewhere. */
async function get(host: string, port: number, probe: JsonObject, signal: AbortSignal): Promise<void> {
  const open = probe.scheme === "HTTPS" ? requestSecurely : request;
  const headers = { "user-agent": "kube-probe/1.36", accept: "*/*" };
  const path = String(probe.path ?? "/");
  const asked = open({ host, port, path, headers, signal, agent: false, rejectUnauthorized: false });
  asked.on("error", () => undefined).end();
  const [{ statusCode = 0 }] = (await once(asked, "response", { signal })) as [{ statusCode?: number }];
  asked.destroy();
  if (statusCode < 200 || statusCode >= 400) throw new Error(`it answered ${statusCode}`);
}

interface Check {
  readonly delayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  /** How many in a row it takes. */
  readonly successes: number;
  readonly failures: number;
  /** Rejects where the pod takes no traffic. */
  look(signal: AbortSignal): Promise<void>;
}

/** The first container's readiness probe by HTTP or TCP. Without one, whether every port that the pod declares is open. */
function checkOf(pod: StoredObject, host: string): Check {
  const ports = portsOf(pod);
  const probe = objectOf(containersOf(pod.spec)[0]?.readinessProbe);
  // A zero stands for the usual figure, as kube-apiserver has it, and so does what is no number.
  const figure = (name: string, fallback: number): number => {
    const value = Number(probe[name]);
    return value > 0 && Number.isFinite(value) ? value : fallback;
  };
  const numberOf = ({ port }: JsonObject): number =>
    typeof port === "number" ? port : (ports.find(({ name }) => name === port)?.number ?? Number(port));
  const { httpGet, tcpSocket } = probe;
  if (!isObject(httpGet) && !isObject(tcpSocket))
    return {
      ...{ delayMs: 0, periodMs: 200, timeoutMs: 1_000, successes: 1, failures: Number.POSITIVE_INFINITY },
      look: async (signal) => void (await Promise.all(ports.map(({ number }) => dial(host, number, signal)))),
    };
  return {
    delayMs: figure("initialDelaySeconds", 0) * 1_000,
    periodMs: figure("periodSeconds", 10) * 1_000,
    timeoutMs: figure("timeoutSeconds", 1) * 1_000,
    successes: figure("successThreshold", 1),
    failures: figure("failureThreshold", 3),
    look: (signal) =>
      isObject(httpGet)
        ? get(host, numberOf(httpGet), httpGet, signal)
        : dial(host, numberOf(objectOf(tcpSocket)), signal),
  };
}

/** Tells each time that a pod begins or ceases to take traffic, until the signal aborts; at first it takes none. */
export async function watchReadiness(
  pod: StoredObject,
  host: string,
  signal: AbortSignal,
  tell: (isReady: boolean) => void,
): Promise<void> {
  const check = checkOf(pod, host);
  let isReady = false;
  let streak = 0;
  for (let waitMs = check.delayMs; !signal.aborted; waitMs = check.periodMs) {
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const isWell = await check.look(AbortSignal.any([signal, AbortSignal.timeout(check.timeoutMs)])).then(
      () => true,
      () => false,
    );
    if (signal.aborted) return;
    streak = isWell === isReady ? 0 : streak + 1;
    if (streak < (isWell ? check.successes : check.failures)) continue;
    [isReady, streak] = [isWell, 0];
    tell(isReady);
    // Nothing more can come of it, and every further look would be a connection that the program counts.
    if (isReady && check.failures === Number.POSITIVE_INFINITY) return;
  }
}
