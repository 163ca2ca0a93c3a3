import { defined } from "../api/defined.ts";
import { ApiError, malformed } from "./api-error.ts";
import { type CallOptions, fieldManager } from "./objects.ts";
import { type ApiOutcome, outcomeOf } from "./outcome.ts";
import { objectOf } from "./read-object.ts";
import { type Call, type RequestTarget, type Transport, target } from "./transport.ts";
import type { ResourceRef } from "./types.ts";
import { fieldOf, textOf, wholeOf } from "./untyped.ts";

export interface Scale {
  readonly uid: string;
  /** Wanted, not counted; 1 where they are unset. */
  readonly replicas: number;
  /** There where nobody said how many are wanted, as custom resources may leave out: pods that their controller counts. */
  readonly unset?: { readonly counted: number };
  /** A label selector as text; empty when the target shows none. */
  readonly selector: string;
  readonly resourceVersion: string;
}

export interface ScaleChange {
  readonly uid: string;
  readonly from: number;
  readonly to: number;
  /** `from` was never written. */
  readonly isUnset?: true | undefined;
}

interface JsonPatchOperation {
  readonly op: "test" | "add" | "replace";
  readonly path: string;
  readonly value: unknown;
}

export interface ReadOptions extends CallOptions {
  readonly deadlineMs?: number;
}

/** Sent once. `undefined` when there is no such object, or none that scales. */
export async function readScale(
  transport: Transport,
  ref: ResourceRef,
  namespace: string,
  name: string,
  { signal, deadlineMs }: ReadOptions = {},
): Promise<Scale | undefined> {
  const scale = target(ref, namespace, name, "scale");
  const bounds = { retry: false, signal, ...defined({ deadlineMs }) };
  try {
    return fromObject(await transport.request<unknown>({ verb: "get", target: scale, ...bounds }));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404) return undefined;
    if (unsetFieldOf(error) !== undefined) return readUnset(transport, scale, bounds, error);
    throw error;
  }
}

const unsetPattern = /the spec replicas field "([^"]*)" does not exist/;

/**
 * Where a custom resource would have its replicas, of the error that reading the scale of one gives in which nobody has
 * set them; undefined of any other. The API server tells it by a sentence alone.
 */
export const unsetFieldOf = ({ status, message }: ApiError): string | undefined =>
  status === 500 ? unsetPattern.exec(message)?.[1] : undefined;

/** What it takes for the replicas in a patch of such a scale (`ScaleREST` of apiextensions-apiserver). */
const unsetReplicas = -2_147_483_648;

/** Asks by a dry run of setting them, which answers with the rest of the scale, and only while they are unset. */
async function readUnset(
  transport: Transport,
  scale: RequestTarget,
  bounds: Pick<Call, "retry" | "signal" | "deadlineMs">,
  cause: ApiError,
): Promise<Scale> {
  const body: JsonPatchOperation[] = [
    { op: "test", path: "/spec/replicas", value: unsetReplicas },
    { op: "replace", path: "/spec/replicas", value: 1 },
  ];
  try {
    const answer = await transport.request<unknown>({
      verb: "patch",
      target: scale,
      query: { dryRun: "All", fieldManager, fieldValidation: "Strict" },
      contentType: "application/json-patch+json",
      body,
      ...bounds,
    });
    return { ...fromObject(answer), unset: { counted: wholeOf(fieldOf(fieldOf(answer, "status"), "replicas")) ?? 0 } };
  } catch (error) {
    // What was asked first says more than why the second question was refused.
    if (error instanceof ApiError && error.status >= 400 && error.status < 500) throw cause;
    throw error;
  }
}

/** Changes the replica count if, and only if, it is still the same object with `from` replicas; else `conflict`. */
export async function writeScale(
  transport: Transport,
  ref: ResourceRef,
  namespace: string,
  name: string,
  step: ScaleChange,
  { signal }: CallOptions = {},
): Promise<ApiOutcome<Scale>> {
  let outcome: ApiOutcome<Scale> = { kind: "conflict", message: "" };
  for (const replicas of replicaOperations(step)) {
    const body: JsonPatchOperation[] = [{ op: "test", path: "/metadata/uid", value: step.uid }, ...replicas];
    const answer = transport.request<unknown>({
      verb: "patch",
      target: target(ref, namespace, name, "scale"),
      query: { fieldManager, fieldValidation: "Strict" },
      contentType: "application/json-patch+json",
      body,
      signal,
    });
    outcome = await outcomeOf(answer.then(fromObject));
    if (outcome.kind !== "conflict") break;
  }
  return outcome;
}

/** One attempt normally. Zero replicas are left out of most servers' JSON, so there they have two spellings. */
function replicaOperations({ from, to, isUnset }: ScaleChange): JsonPatchOperation[][] {
  const path = "/spec/replicas";
  const plain: JsonPatchOperation[] = [
    { op: "test", path, value: isUnset ? unsetReplicas : from },
    { op: "replace", path, value: to },
  ];
  if (from !== 0) return [plain];
  const leftOut: JsonPatchOperation[] = [
    { op: "test", path: "/spec", value: {} },
    { op: "add", path, value: to },
  ];
  return [leftOut, plain];
}

function fromObject(answer: unknown): Scale {
  const { metadata } = objectOf(answer, "scale");
  const given = fieldOf(fieldOf(answer, "spec"), "replicas");
  const replicas = given === undefined || given === null ? 0 : wholeOf(given);
  if (replicas === undefined) throw malformed("scale: spec.replicas is no whole number");
  // A resource of somebody's own may mean by it what it likes: a number of pods it is not.
  if (replicas < 0) throw malformed("scale: spec.replicas is negative");
  return {
    uid: metadata.uid ?? "",
    replicas,
    selector: textOf(fieldOf(fieldOf(answer, "status"), "selector")) ?? "",
    resourceVersion: metadata.resourceVersion ?? "",
  };
}
