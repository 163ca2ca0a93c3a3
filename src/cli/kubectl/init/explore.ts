import { defined } from "../../../api/defined.ts";
import { askPod, type PodAnswered } from "../../../kube/pod-proxy.ts";
import type { Page } from "../../../propose/page.ts";
import { readPage } from "../../../propose/page.ts";
import { type Recognised, recognise } from "../../../propose/recognise.ts";
import type { OpenCluster } from "../cluster/open-cluster.ts";
import type { ContainerPort, LookedAtPod } from "./pods.ts";

/** Where a page was found on a pod. */
export interface PagePlace {
  readonly port: ContainerPort;
  readonly scheme: "HTTP" | "HTTPS";
  readonly path: string;
}

export interface FoundPage extends PagePlace {
  readonly page: Page;
  readonly recognised: Recognised;
}

export interface Explored {
  /** The likeliest first. */
  readonly pages: readonly FoundPage[];
  /** The right that is missing, in the API server's words. */
  readonly forbidden?: string;
  /** What else was noticed, for people. */
  readonly notes: readonly string[];
}

export const accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.8,*/*;q=0.1";
export const maxBytes = 8 * 1_048_576;
const timeoutMs = 4_000;
/** What is asked of pods at once. */
const atOnce = 4;

/** Where programs have their metrics, likeliest first. */
const usualPaths = [
  "/metrics",
  "/stats/prometheus",
  "/actuator/prometheus",
  "/q/metrics",
  "/prometheus",
  "/_status/vars",
  "/minio/v2/metrics/node",
  "/admin/metrics",
  "/monitoring/prometheus/metrics",
  "/status?openmetrics",
  "/metrics/prometheus",
  "/varz",
  "/debug/vars",
  "/status?json",
];

/** Where programs have them that serve nothing else at that port, going by its name. */
const statsPaths = ["/stats", "/"];

/** Pages that no source reads, but that tell what would. */
const toldPaths = ["/stub_status", "/nginx_status", "/basic_status"];
const stubStatus = /^Active connections: \d+/;

const stubNote = (path: string): string =>
  `${path} is nginx's stub_status, which is neither Prometheus text nor JSON: put nginx-prometheus-exporter beside it as a sidecar (--nginx.scrape-uri=http://127.0.0.1${path}, containerPort 9113 named metrics), and run init again.`;

const likelyPort = ({ name = "" }: ContainerPort): number =>
  /metric|prom/.test(name)
    ? 0
    : /admin|monitor|manage|stat|telemetry|control/.test(name)
      ? 1
      : /http|web|api/.test(name)
        ? 2
        : 3;

/** What the annotations say where the metrics are; undefined where they say nothing. */
function annotated({
  annotations,
  ports,
}: LookedAtPod): { readonly port?: number; readonly path?: string; readonly scheme?: "HTTPS" } | undefined {
  const given = (key: string): string | undefined => annotations[`prometheus.io/${key}`];
  if (given("scrape") !== "true" && given("port") === undefined && given("path") === undefined) return undefined;
  const port = Number(given("port"));
  const path = given("path");
  return {
    ...(Number.isInteger(port) && port > 0 ? { port } : ports.length === 1 ? { port: ports[0]!.port } : {}),
    ...(path?.startsWith("/") && { path }),
    ...(given("scheme") === "https" && { scheme: "HTTPS" as const }),
  };
}

/** How much a page is worth: what a pool can go by. */
function worth({ recognised: { found, programs } }: FoundPage): number {
  return (
    (found.connections ? 6 : 0) +
    (found.load ? (found.load.isProcessorTime ? 1 : 3) : 0) +
    (found.responseTime ? 3 : 0) +
    (found.requests ? 1 : 0) +
    (programs.length > 1 ? 1 : 0)
  );
}

/** Runs work for each, some at once, in order of the list. */
async function forEach<T>(list: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...list];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Looks for pages of metrics on a pod, by its annotations, and at the usual paths of all ports that it declares. */
export async function explore(cluster: OpenCluster, namespace: string, pod: LookedAtPod): Promise<Explored> {
  const notes: string[] = [];
  const pages: FoundPage[] = [];
  const closed = new Set<number>();
  const secure = new Set<number>();
  let forbidden: string | undefined;

  const ask = (place: PagePlace): Promise<PodAnswered> =>
    askPod(
      cluster.transport,
      { namespace, pod: pod.name, port: place.port.port, scheme: place.scheme, path: place.path },
      { accept, timeoutMs, maxBytes, signal: cluster.signal },
    );

  function take(place: PagePlace, answer: PodAnswered): void {
    if (answer.kind === "forbidden") forbidden = answer.message;
    if (answer.kind === "unanswered" && answer.why !== "TooLarge") closed.add(place.port.port);
    if (answer.kind === "status" && (answer.status === 401 || answer.status === 403))
      notes.push(`Port ${place.port.port} asks for credentials at ${place.path} (${answer.status}): init sends none.`);
    if (answer.kind !== "answered") return;
    if (stubStatus.test(answer.body.toString("latin1", 0, 64))) notes.push(stubNote(place.path));
    const page = readPage(answer.body);
    if (page) pages.push({ ...place, page, recognised: recognise(page) });
  }

  async function look(port: ContainerPort, path: string): Promise<void> {
    if (forbidden !== undefined || closed.has(port.port)) return;
    const scheme = secure.has(port.port) ? "HTTPS" : "HTTP";
    const answer = await ask({ port, scheme, path });
    const speaksTls =
      scheme === "HTTP" &&
      ((answer.kind === "status" && answer.status === 400) ||
        (answer.kind === "unanswered" && answer.why === "NoHttp"));
    if (!speaksTls) return take({ port, scheme, path }, answer);
    const again = await ask({ port, scheme: "HTTPS", path });
    if (again.kind === "answered" || (again.kind === "status" && again.status !== 400)) secure.add(port.port);
    take({ port, scheme: secure.has(port.port) ? "HTTPS" : "HTTP", path }, secure.has(port.port) ? again : answer);
  }

  const declared = [...pod.ports].sort((a, b) => likelyPort(a) - likelyPort(b) || a.port - b.port);
  const hint = annotated(pod);
  const hinted = hint?.port === undefined ? undefined : declared.find(({ port }) => port === hint.port);
  if (hint?.port !== undefined && !hinted) {
    notes.push(
      `The annotation prometheus.io/port says ${hint.port}, which no container declares: a pool reads declared ports alone, so declare it as a containerPort.`,
    );
    const undeclared = {
      port: { port: hint.port, container: "" },
      scheme: hint.scheme ?? "HTTP",
      path: hint.path ?? "/metrics",
    } as const;
    take(undeclared, await ask(undeclared));
  }
  if (hinted) {
    if (hint?.scheme) secure.add(hinted.port);
    await look(hinted, hint?.path ?? "/metrics");
  }
  if (pages.length === 0 && hint?.path !== undefined) await forEach(declared, (port) => look(port, hint.path!));
  if (pages.length === 0 || !hinted)
    for (const path of [...usualPaths, ...statsPaths]) {
      const ports = statsPaths.includes(path) ? declared.filter((port) => likelyPort(port) <= 1) : declared;
      await forEach(
        ports.filter(({ port }) => !pages.some((page) => page.port.port === port)),
        (port) => look(port, path),
      );
      if (pages.some((page) => worth(page) >= 6)) break;
    }
  if (pages.length === 0) for (const path of toldPaths) await forEach(declared, (port) => look(port, path));
  const placeOf = ({ port }: FoundPage) => declared.indexOf(port) + (declared.includes(port) ? 0 : declared.length + 1);
  const known = [...pages]
    // Answers come in any order.
    .sort((a, b) => worth(b) - worth(a) || placeOf(a) - placeOf(b))
    // One with nothing on it is said to be there, where there is no other.
    .filter((page, index) => index === 0 || worth(page) > 0);
  return { pages: known, notes: [...new Set(notes)], ...defined({ forbidden }) };
}
