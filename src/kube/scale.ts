import { ApiError } from "./api-error.ts";
import { type CallOptions, fieldManager } from "./objects.ts";
import { type Outcome, outcomeOf, type Refusal } from "./outcome.ts";
import { type Transport, target } from "./transport.ts";
import type { KubeObject, ResourceRef } from "./types.ts";

export interface Scale {
  readonly uid: string;
  /** Wanted, not counted. */
  readonly replicas: number;
  /** A label selector as text; empty when the target shows none. */
  readonly selector: string;
  readonly resourceVersion: string;
}

export interface ScaleStep {
  readonly uid: string;
  readonly from: number;
  readonly to: number;
}

interface ScaleObject extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly selector?: string };
}

interface JsonPatchOperation {
  readonly op: "test" | "add" | "replace";
  readonly path: string;
  readonly value: unknown;
}

/** `undefined` when there is no such object, or none that scales. */
export async function readScale(
  transport: Transport,
  ref: ResourceRef,
  namespace: string,
  name: string,
  { signal }: CallOptions = {},
): Promise<Scale | undefined> {
  try {
    return fromObject(
      await transport.request<ScaleObject>({ verb: "get", target: target(ref, namespace, name, "scale"), signal }),
    );
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** Changes the replica count if, and only if, it is still the same object with `from` replicas; else `conflict`. */
export async function writeScale(
  transport: Transport,
  ref: ResourceRef,
  namespace: string,
  name: string,
  step: ScaleStep,
  { signal }: CallOptions = {},
): Promise<Outcome<Scale>> {
  let outcome: Outcome<Scale> = { kind: "conflict", message: "" };
  for (const replicas of replicaOperations(step)) {
    const body: JsonPatchOperation[] = [{ op: "test", path: "/metadata/uid", value: step.uid }, ...replicas];
    const answer = transport.request<ScaleObject>({
      verb: "patch",
      target: target(ref, namespace, name, "scale"),
      query: { fieldManager, fieldValidation: "Strict" },
      contentType: "application/json-patch+json",
      body,
      signal,
    });
    outcome = failedTestToConflict(await outcomeOf(answer.then(fromObject)));
    if (outcome.kind !== "conflict") break;
  }
  return outcome;
}

/** One attempt normally. Zero replicas are left out of most servers' JSON, so there they have two spellings. */
function replicaOperations({ from, to }: ScaleStep): JsonPatchOperation[][] {
  const path = "/spec/replicas";
  const plain: JsonPatchOperation[] = [
    { op: "test", path, value: from },
    { op: "replace", path, value: to },
  ];
  if (from !== 0) return [plain];
  const leftOut: JsonPatchOperation[] = [
    { op: "test", path: "/spec", value: {} },
    { op: "add", path, value: to },
  ];
  return [leftOut, plain];
}

/** A failed test and a failed validation are both a 422; only the validation names fields. */
function failedTestToConflict(outcome: Outcome<Scale>): Outcome<Scale> {
  if (outcome.kind !== "invalid" || outcome.fields.length > 0) return outcome;
  return { kind: "conflict", message: outcome.message } satisfies Refusal;
}

const fromObject = ({ metadata, spec, status }: ScaleObject): Scale => ({
  uid: metadata.uid ?? "",
  replicas: spec?.replicas ?? 0,
  selector: status?.selector ?? "",
  resourceVersion: metadata.resourceVersion ?? "",
});
