import { defined } from "../../../api/defined.ts";
import { ApiError } from "../../../kube/api-error.ts";
import { podMetrics } from "../../../kube/types.ts";
import type { Fallback, ProposalInput } from "../../../propose/compose.ts";
import type { ReadPage } from "../../../propose/compose-source.ts";
import type { Translated } from "../../../propose/translate.ts";
import { translateLoad } from "../../../propose/translated-load.ts";
import type { OpenCluster } from "../cluster/open-cluster.ts";
import type { ProgressLine } from "../screen/progress-line.ts";
import { type Beside, lookBeside, portsOf } from "./beside.ts";
import { type Explored, explore, type FoundPage } from "./explore.ts";
import { type Observed, observe } from "./observe.ts";
import { type LookedAtPod, readPodsOf, templateOf } from "./pods.ts";
import type { FoundWorkload } from "./workload.ts";

/** What a proposal is made of, and what is to be said beside it. */
export interface Gathered {
  readonly input: ProposalInput;
  readonly beside: Beside;
  /** The page that the pool would read. */
  readonly page?: FoundPage;
  readonly notes: readonly string[];
}

/** Whether the cluster tells the processor time of pods. */
async function hasPodMetrics({ transport, signal }: OpenCluster): Promise<boolean> {
  const target = { path: `/apis/${podMetrics.group}/${podMetrics.version}`, resource: "apiresources" };
  try {
    await transport.request<unknown>({ verb: "get", target, signal, retry: false });
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status !== 0) return false;
    throw error;
  }
}

const sayWhere = ({ port, path }: FoundPage): string => `port ${port.port}, ${path}`;

function whyNoPods(pods: readonly LookedAtPod[], replicas: number): string {
  if (pods.length === 0)
    return replicas === 0
      ? "The workload has no pods (0 replicas), so nothing could be read: run init again when it has some."
      : "The workload has no pods yet, so nothing could be read: run init again when they run.";
  return `None of its ${pods.length} pods runs, so nothing could be read: kubectl get pods tells why; run init again then.`;
}

const forbiddenNote = (namespace: string): string =>
  `The pods' pages were not read: you need the right to get pods/proxy in ${namespace} (kubectl create role read-pages --verb=get --resource=pods/proxy, bound to you). The operator itself reads them over the network and needs no such right.`;

function fallbackOf(
  ports: ProposalInput["ports"],
  pod: LookedAtPod | undefined,
  metricsThere: boolean,
  why: readonly string[],
): Fallback {
  const first = ports[0];
  const isGrpc = first !== undefined && /grpc/.test(first.name);
  const advice =
    pod?.asksForCpu === false && metricsThere
      ? ["Its containers ask for no CPU: with resources.requests.cpu the CPU could be the load, as source resource."]
      : metricsThere
        ? []
        : ["The cluster has no metrics API (metrics.k8s.io), so that the CPU of pods cannot be the load."];
  return {
    resource: metricsThere && pod?.asksForCpu === true,
    probe: { type: isGrpc ? "GRPC" : "TCP" },
    why: [...why, ...advice],
  };
}

/** The Service that the pool may publish on, where its own name is taken. */
function serviceOf(name: string, beside: Beside): ProposalInput["service"] {
  if (!beside.isTaken(name)) return undefined;
  const free = [`${name}-pool`, `${name}-evenkeel`, `${name}-lb`].find((one) => !beside.isTaken(one)) ?? `${name}-pool`;
  return {
    name: free,
    note: `Service ${name} has a selector of its own and is left alone: send clients to ${free} when you trust the pool.`,
  };
}

function headOf(
  word: string,
  page: FoundPage | undefined,
  pods: readonly LookedAtPod[],
  observed: Observed | undefined,
  seconds: number,
): string[] {
  const command = `Proposed by kubectl evenkeel init ${word}. Lines without a reason are facts; guesses say why.`;
  if (!page || !observed) return [command];
  const others = observed.silent.length > 0 ? ` No page came from ${observed.silent.join(", ")}.` : "";
  const most = observed.connections && Number(observed.connections.most.toFixed(1));
  const time = most === undefined ? "" : ` for ${seconds} s`;
  const seen = most === undefined ? "" : ` The busiest had ${most} ${most === 1 ? "connection" : "connections"}.`;
  return [command, `Read${time} on ${observed.pods} of ${pods.length} pods, at ${sayWhere(page)}.${seen}${others}`];
}

/** Looks at a workload, its pods and what is beside them. */
export async function gather(
  cluster: OpenCluster,
  word: string,
  found: FoundWorkload,
  observeMs: number,
  progress: ProgressLine,
  translated?: Translated,
): Promise<Gathered> {
  const { workload, selector, object } = found;
  const pods = await readPodsOf(cluster, workload.namespace, selector);
  const running = pods.filter(({ isRunning }) => isRunning).sort((a, b) => Number(b.isReady) - Number(a.isReady));
  const sample = running[0] ?? pods[0] ?? templateOf(object);
  const [beside, metricsThere] = await Promise.all([lookBeside(cluster, workload, sample), hasPodMetrics(cluster)]);
  const notes: string[] = [];
  const why: string[] = [];
  let explored: Explored = { pages: [], notes: [] };
  if (!running[0]) why.push(whyNoPods(pods, workload.replicas));
  else {
    if (!running[0].isReady) notes.push("No pod is ready; one that runs was read all the same.");
    progress.show(`Looking for metrics on pod ${running[0].name}`);
    explored = await explore(cluster, workload.namespace, running[0]);
    progress.clear();
    if (explored.forbidden !== undefined) why.push(forbiddenNote(workload.namespace));
    else if (explored.pages.length === 0)
      why.push(
        `No page of metrics was found on pod ${running[0].name}${running[0].ports.length === 0 ? ", whose containers declare no port" : ""}. Let the program tell its open connections (a client library of Prometheus does), declare the port and run init again.`,
      );
  }
  notes.push(...explored.notes);
  const [page, ...morePages] = explored.pages;
  if (morePages.length > 0)
    notes.push(
      `Other pages: ${morePages.map((one) => `${sayWhere(one)}${one.recognised.programs.length > 0 ? ` (${one.recognised.programs.join(", ")})` : ""}`).join("; ")}.`,
    );
  const ready = running.filter(({ isReady }) => isReady);
  const observed =
    page && (await observe(cluster, workload.namespace, ready.length > 0 ? ready : running, page, observeMs, progress));
  const ports = portsOf(beside, sample, page?.port.port);
  if (ports.length === 0)
    notes.push("No container declares a port that takes traffic: declare one, and add it to spec.ports.");
  const service = serviceOf(workload.name, beside);
  const processor =
    sample?.processors.find(({ container }) => container === page?.port.container) ??
    // What another container may use says nothing of the one that tells.
    (sample?.containers.length === 1 ? sample.processors[0] : undefined);
  const wanted = translated?.loads[0];
  const load = wanted && translateLoad(wanted, page, translated?.polling);
  if (translated) for (const text of translated.lost) notes.push(`Not taken over from ${translated.from}: ${text}`);
  const read: ReadPage | undefined = page && {
    type: page.page.format === "json" ? "json" : "http",
    port: page.port.name ?? String(page.port.port),
    scheme: page.scheme,
    path: page.path,
    pod: running[0]!.name,
    recognised: load?.kind === "page" ? load.recognised : page.recognised,
    connections: observed?.connections,
  };
  return {
    beside,
    notes,
    ...defined({ page }),
    input: {
      workload,
      ports:
        ports.length > 0 ? ports : [{ name: "http", port: 8080, note: "Which port takes traffic? This is a guess." }],
      ...defined({ service, page: read, processor }),
      ...(translated && { translated: { ...translated, load } }),
      fallback: fallbackOf(ports, sample, metricsThere, why),
      observedSeconds: Math.round(observeMs / 1_000),
      head: headOf(word, page, running, observed, Math.round(observeMs / 1_000)),
    },
  };
}
