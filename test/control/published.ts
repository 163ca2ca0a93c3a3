import type { SliceEndpoint } from "../../src/act/slice.ts";
import type { PoolCondition, PoolStatus } from "../../src/api/status.ts";
import type { KubeObject } from "../../src/kube/types.ts";
import { type EmbeddedStage, type Passing, poolsPath } from "../rigs/embedded-stage.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const slicesPath = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

interface PodObject extends KubeObject {
  readonly status: { readonly podIP?: string; readonly conditions?: readonly { type: string; status: string }[] };
}

export async function podsOf(stage: EmbeddedStage, app: string): Promise<PodObject[]> {
  const { items } = await stage.session.get(`${stage.session.core}/pods`, { labelSelector: `app=${app}` });
  return (items as PodObject[])
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** All endpoints on a Service. */
async function endpointsOf(stage: EmbeddedStage, service: string): Promise<SliceEndpoint[]> {
  const { items } = await stage.session.get(slicesPath, { labelSelector: `kubernetes.io/service-name=${service}` });
  return (items as { endpoints?: SliceEndpoint[] }[]).flatMap(({ endpoints }) => endpoints ?? []);
}

/** Names of the pods that a Service's slices say are ready. */
export const readyOn = async (stage: EmbeddedStage, service: string): Promise<string[]> =>
  (await endpointsOf(stage, service))
    .filter(({ conditions }) => conditions.ready)
    .map(({ targetRef }) => targetRef.name)
    .sort();

export const waitForReady = (stage: EmbeddedStage, service: string, count: number): Promise<string[]> =>
  waitFor(async () => {
    const ready = await readyOn(stage, service);
    return ready.length === count && ready;
  }, `${count} ready endpoints on ${service}`);

/** As a kubelet does whose probe fails, or succeeds again. */
export async function setReady(stage: EmbeddedStage, pod: string, ready: boolean): Promise<void> {
  const path = `${stage.session.core}/pods/${pod}`;
  const { status } = await stage.session.get(path);
  const time = new Date().toISOString();
  const conditions = status.conditions.map((condition: { type: string }) =>
    condition.type === "Ready"
      ? { ...condition, status: ready ? "True" : "False", lastTransitionTime: time }
      : condition,
  );
  await stage.session.patch(`${path}/status`, { status: { conditions } }, "application/merge-patch+json");
}

export const statusOf = async (stage: EmbeddedStage, pool: string): Promise<PoolStatus> =>
  (await stage.session.get(`${poolsPath}/${pool}`)).status ?? {};

/** Waits for a condition of that status and reason, and brings it. */
export const waitForCondition = (
  stage: EmbeddedStage,
  pool: string,
  type: string,
  text: `${PoolCondition["status"]}/${string}`,
): Promise<PoolCondition> =>
  waitFor(async () => {
    const found = (await statusOf(stage, pool)).conditions?.find((condition) => condition.type === type);
    return found && `${found.status}/${found.reason}` === text ? found : undefined;
  }, `${type} ${text} of ${pool}`);

/** Waits until the pool was planned anew so many times: what was to follow from the last plan has come. */
export async function morePlans(operator: RunningOperator, pool: string, count: number): Promise<void> {
  const seen = new Set<string>();
  await waitFor(
    async () => {
      const served = await operator.pool("default", pool);
      if (served) seen.add(served.plannedAt);
      return seen.size > count;
    },
    `${count} more plans of ${pool}`,
    { intervalMs: 20 },
  );
}

interface EventObject {
  readonly reason: string;
  readonly note: string;
  readonly type: string;
  readonly series?: { readonly count: number };
  readonly regarding: { readonly name: string };
}

export async function eventsOf(stage: EmbeddedStage, pool: string, reason: string): Promise<EventObject[]> {
  const { items } = await stage.session.get("/apis/events.k8s.io/v1/namespaces/default/events");
  return (items as EventObject[]).filter((event) => event.regarding.name === pool && event.reason === reason);
}

/** Requests of operators that match, by method and path. */
export const requestsTo = (stage: EmbeddedStage, pattern: RegExp, since = 0): Passing[] =>
  stage.passed.filter(({ method, url, at }) => at >= since && pattern.test(`${method} ${url}`));

/** An answer of the API server that is an error. */
export const failure = (code: number, reason: string, message: string, details: object = {}) =>
  [
    code,
    JSON.stringify({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      reason,
      details,
      code,
    }),
  ] as const;

/** A ValidatingAdmissionPolicy's denial, as kube-apiserver 1.36 answers it for each `reason`. */
export function denial(reason: "Invalid" | "Forbidden" | "RequestEntityTooLarge", words: string) {
  const message = `ValidatingAdmissionPolicy 'cap' with binding 'cap' denied request: ${words}`;
  const codes = { Invalid: 422, Forbidden: 403, RequestEntityTooLarge: 413 };
  const details = { name: "web", group: "apps", kind: "deployments", causes: [{ message }] };
  return failure(codes[reason], reason, `deployments.apps "web" is forbidden: ${message}`, details);
}

/** An admission webhook of failurePolicy Fail that is down. */
export const webhookDown = failure(
  500,
  "InternalError",
  'Internal error occurred: failed calling webhook "validate.kyverno.svc": no endpoints available',
);
