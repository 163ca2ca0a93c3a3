import { defined } from "../api/defined.ts";
import { malformed } from "./api-error.ts";
import { type Transport, target } from "./transport.ts";
import type { ResourceRef } from "./types.ts";
import { fieldsOf, textOf, textsOf } from "./untyped.ts";

/** Somebody whom the API server knows. */
export interface ReviewedUser {
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What somebody may do, or not: with a resource, or with a path. */
export type ReviewedAction =
  | {
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource?: string;
      /** Absent: of all. */
      readonly namespace?: string | undefined;
      readonly name?: string | undefined;
    }
  | { readonly verb: string; readonly path: string };

const review = (group: string, plural: string): ResourceRef => ({ group, version: "v1", plural, namespaced: false });
const tokenReviews = review("authentication.k8s.io", "tokenreviews");
const accessReviews = review("authorization.k8s.io", "subjectaccessreviews");

/** Somebody waits for the answer. */
const deadlineMs = 3_000;

async function ask(transport: Transport, ref: ResourceRef, kind: string, spec: object) {
  const answer = await transport.request<unknown>({
    verb: "create",
    target: target(ref),
    body: { apiVersion: `${ref.group}/v1`, kind, spec },
    lane: "reviews",
    deadlineMs,
  });
  const { status } = fieldsOf(answer);
  if (typeof status !== "object" || status === null) throw malformed(`${ref.plural}: the answer has no status`);
  return fieldsOf(status);
}

/**
 * Whose token it is; undefined when the API server does not know it, or knows it for other audiences. Without audiences,
 * for that of the API server itself.
 */
export async function reviewToken(
  transport: Transport,
  token: string,
  audiences: readonly string[],
): Promise<ReviewedUser | undefined> {
  const spec = { token, ...(audiences.length > 0 && { audiences }) };
  const status = await ask(transport, tokenReviews, "TokenReview", spec);
  if (status.authenticated !== true) return undefined;
  // An authenticator that knows of no audiences leaves them out, and may have taken a token for the API server.
  if (audiences.length > 0 && !textsOf(status.audiences).some((audience) => audiences.includes(audience)))
    return undefined;
  const given = fieldsOf(status.user);
  const user = textOf(given.username);
  if (user === undefined) return undefined;
  const uid = textOf(given.uid);
  const extra = Object.entries(fieldsOf(given.extra)).map(([key, values]) => [key, textsOf(values)] as const);
  return {
    user,
    ...defined({ uid }),
    groups: textsOf(given.groups),
    ...(extra.length > 0 && { extra: Object.fromEntries(extra) }),
  };
}

/** Whether somebody may do something. */
export async function reviewAccess(
  transport: Transport,
  { user, uid, groups, extra }: ReviewedUser,
  action: ReviewedAction,
): Promise<boolean> {
  const attributes = "path" in action ? { nonResourceAttributes: action } : { resourceAttributes: action };
  const spec = { user, groups, ...(uid && { uid }), ...defined({ extra }), ...attributes };
  const { allowed } = await ask(transport, accessReviews, "SubjectAccessReview", spec);
  return allowed === true;
}
