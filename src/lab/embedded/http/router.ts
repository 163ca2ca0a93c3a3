import type { ServerResponse } from "node:http";
import { pods } from "../kinds/pod.ts";
import { groupVersion, type Resource, subjectOf } from "../kinds/resource.ts";
import { methodNotAllowed, StatusError } from "../object/status-error.ts";
import type { Registry } from "../registry.ts";
import { type Address, parseAddress } from "./address.ts";
import { discover } from "./discovery.ts";
import { list } from "./list.ts";
import { tooLargeRevision } from "./list-options.ts";
import { openApi, openApiIndex } from "./openapi.ts";
import { negotiate, Renderer } from "./representation.ts";
import { type ApiRequest, isTrue } from "./request.ts";
import { scaleOf } from "./scale.ts";
import { watch } from "./watch.ts";
import { bind, create, patch, remove, removeAll, replace, type WriteResult } from "./write.ts";

/** An answer in full; a watch writes its own to the response. */
export interface ApiResponse {
  readonly code: number;
  readonly contentType: string;
  readonly body: string;
}

const json = (body: unknown, code = 200, contentType = "application/json"): ApiResponse => ({
  code,
  contentType,
  body: JSON.stringify(body),
});
const plainText = (body: string, code = 200): ApiResponse => ({ code, contentType: "text/plain; charset=utf-8", body });
const pageNotFound = plainText("404 page not found\n", 404);

/**
 * The older form of the OpenAPI document, which kubectl asks for when it is given a List, and reads as protobuf. This one
 * is empty, so nothing is checked before it is sent; the server checks it all.
 */
const openApiV2: ApiResponse = {
  code: 200,
  contentType: "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
  body: "",
};

/** The version whose behaviour the server follows. */
const version = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.3+evenkeel-embedded",
  gitTreeState: "clean",
  goVersion: "none",
  compiler: "none",
  platform: `${process.platform}/${process.arch}`,
};

const checkPassed = (path: string): string => `[+]ping ok\n${path.split("/")[1]} check passed\n`;
const isHealthPath = (path: string): boolean => /^\/(livez|readyz|healthz)(\/|$)/.test(path);

/** Answers a request; undefined when it was a watch, which answers by itself for as long as it lasts. */
export async function route(
  registry: Registry,
  request: ApiRequest,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<ApiResponse | undefined> {
  const { path } = request;
  if (isHealthPath(path)) return plainText(request.query.has("verbose") ? checkPassed(path) : "ok");
  if (path === "/version" || path === "/version/") return json(version);
  if (path === "/openapi/v2") return openApiV2;
  if (path === "/openapi/v3") return json(openApiIndex(registry.catalog));
  if (path.startsWith("/openapi/v3/")) {
    const document = openApi(registry.catalog, path.slice("/openapi/v3/".length));
    return document ? json(document) : pageNotFound;
  }
  const discovered = request.method === "GET" ? discover(registry.catalog, path, request.accept) : undefined;
  if (discovered) return json(discovered.body, 200, discovered.contentType);
  const address = parseAddress(path);
  const resource = address && registry.catalog.find(address.group, address.version, address.plural);
  if (!resource || !hasScope(resource, address)) return pageNotFound;
  if (resource === pods && streams.has(address.subresource ?? "")) throw cannotStream(address.subresource!);
  if (!hasPart(resource, address))
    throw new StatusError(404, "NotFound", "the server could not find the requested resource", {});
  return serve(registry, resource, address, request, response, signal);
}

/** What would need a stream in both directions. */
const streams = new Set(["portforward", "exec", "attach"]);

const cannotStream = (part: string): StatusError =>
  new StatusError(
    405,
    "MethodNotAllowed",
    `the embedded cluster has no ${part}: its pods listen on this machine, each at the address that kubectl get pods -o wide shows`,
  );

/** Lists reach across namespaces; single objects of a namespaced kind are only found in theirs. */
const hasScope = (resource: Resource, { namespace, name, isWatch }: Address): boolean =>
  resource.namespaced ? namespace !== undefined || name === undefined || isWatch : namespace === undefined;

function hasPart(resource: Resource, { subresource }: Address): boolean {
  if (subresource === "status") return resource.hasStatus;
  if (subresource === "scale") return resource.scale !== undefined;
  if (subresource === "binding") return resource.plural === "pods";
  return subresource === undefined;
}

async function serve(
  registry: Registry,
  resource: Resource,
  address: Address,
  request: ApiRequest,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<ApiResponse | undefined> {
  const { name, subresource } = address;
  const render = ({ code, object }: WriteResult): ApiResponse => {
    const as =
      subresource === "scale"
        ? ({ kind: "object", include: "None" } as const)
        : negotiate(request.accept, request.query);
    return { ...json(null, code), body: new Renderer(resource, as, registry.now).object(object) };
  };
  switch (request.method) {
    case "GET": {
      if (address.isWatch || (name === undefined && isTrue(request.query.get("watch")))) {
        watch(registry, resource, address, request, response, signal);
        return undefined;
      }
      if (name === undefined) return { ...json(null), body: list(registry, resource, address, request) };
      return render({ code: 200, object: read(registry, resource, address, request) });
    }
    case "POST":
      if (subresource === "binding") {
        await bind(registry, resource, address, request);
        return json({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 }, 201);
      }
      if (subresource !== undefined) throw methodNotAllowed(subjectOf(resource, name), "create");
      if (resource.namespaced && address.namespace === undefined) return pageNotFound;
      return render(await create(registry, resource, address, request));
    case "PUT":
      if (name === undefined)
        throw new StatusError(
          405,
          "MethodNotAllowed",
          "the server does not allow this method on the requested resource",
        );
      return render(await replace(registry, resource, address, request));
    case "PATCH":
      if (name === undefined)
        throw new StatusError(
          405,
          "MethodNotAllowed",
          "the server does not allow this method on the requested resource",
        );
      return render(await patch(registry, resource, address, request));
    case "DELETE": {
      if (subresource !== undefined) throw methodNotAllowed(subjectOf(resource, name), "delete");
      if (name !== undefined) return json(await remove(registry, resource, address, request));
      const items = await removeAll(registry, resource, address, request);
      const metadata = { resourceVersion: String(registry.store.revision) };
      return json({ kind: `${resource.kind}List`, apiVersion: groupVersion(resource), metadata, items });
    }
    default:
      throw new StatusError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
  }
}

function read(
  registry: Registry,
  resource: Resource,
  { namespace, name = "", subresource }: Address,
  { query }: ApiRequest,
) {
  const asked = Number(query.get("resourceVersion") ?? 0);
  if (asked > registry.store.revision) throw tooLargeRevision(asked, registry.store.revision);
  const object = registry.get(resource, namespace, name);
  return subresource === "scale" && resource.scale ? scaleOf(object, resource.scale) : object;
}
