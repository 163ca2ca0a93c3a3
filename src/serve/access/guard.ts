import { keyOf } from "../../key.ts";
import { type Answer, answerProblem, type StreamAnswer } from "../http/answer.ts";
import type { Route, RouteRequest } from "../http/routes.ts";
import {
  type AccessVerb,
  type AccessVerdict,
  type Authorizer,
  type ClientCredentials,
  hasRunOut,
  watchAccess,
} from "./access.ts";

export const credentialsOf = ({ address, certificate, until, header }: RouteRequest): ClientCredentials => ({
  authorization: header("authorization"),
  certificate,
  until,
  address,
});

/** The answer to who may not; undefined for who may. */
export function refuseBy(verdict: AccessVerdict, path: string): Answer | undefined {
  switch (verdict.kind) {
    case "allowed":
      return undefined;
    case "unknown":
      return answerProblem(401, "TokenRefused", verdict.detail, path, { "www-authenticate": "Bearer" });
    case "refused":
      return answerProblem(403, "Forbidden", verdict.detail, path);
    case "unsure": {
      const wait = String(Math.max(1, Math.ceil(verdict.retryAfterMs / 1_000)));
      return answerProblem(503, "AccessUnknown", verdict.detail, path, { "retry-after": wait });
    }
  }
}

type Need = (request: RouteRequest) => readonly [AccessVerb, string];

/** To read the pool that the path names. */
export const toRead: Need = (request) => ["get", keyOf(request)];

/** The route for those alone who may. A stream ends when he may no more. */
export function guard(access: Authorizer, need: Need, route: Route): Route {
  if (access.isOpen) return route;

  const watched = (
    { headers, open }: StreamAnswer,
    ask: () => Promise<AccessVerdict>,
    until: number | undefined,
  ): StreamAnswer => ({
    headers,
    open(response) {
      response.once("close", watchAccess({ ask, onLost: () => response.end(), until }));
      open(response);
    },
  });

  return {
    ...route,
    async answer(request) {
      const credentials = credentialsOf(request);
      const [verb, what] = need(request);
      const ask = async () => hasRunOut(credentials, Date.now()) ?? (await access.may(credentials, verb, what));
      const verdict = await ask();
      if (verdict.kind !== "allowed") return refuseBy(verdict, request.path)!;
      const answer = await route.answer({ ...request, client: verdict.client, isGuarded: true });
      return "open" in answer ? watched(answer, ask, credentials.until) : answer;
    },
  };
}
