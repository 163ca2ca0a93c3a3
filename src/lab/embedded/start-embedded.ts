import type { ControlLoop, ControllerContext } from "./controllers/context.ts";
import { watchDefinitions } from "./controllers/definitions.ts";
import { runDeploymentController } from "./controllers/deployment-controller.ts";
import { CoreEventRecorder } from "./controllers/event-recorder.ts";
import { runGarbageCollector } from "./controllers/garbage-collector.ts";
import { runNamespaceController } from "./controllers/namespace-controller.ts";
import { runPods } from "./controllers/pod-runner.ts";
import { registerNode } from "./controllers/register-node.ts";
import { runReplicaSetController } from "./controllers/replica-set-controller.ts";
import { serveApi } from "./http/server.ts";
import { Catalog } from "./kinds/catalog.ts";
import { namespaces } from "./kinds/cluster.ts";
import { customResourceDefinitions } from "./kinds/custom-resource-definition.ts";
import type { StoredObject } from "./object/stored-object.ts";
import type { PodRuntime } from "./pod-runtime.ts";
import { Registry } from "./registry.ts";
import { Store } from "./store/store.ts";

export interface EmbeddedOptions {
  /** A loopback address. */
  readonly host?: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Serves TLS, to those who show this bearer token. Without one: plain HTTP, and nobody is asked who they are. */
  readonly token?: string;
  /** CustomResourceDefinition objects of apiextensions.k8s.io/v1; more can be created later. */
  readonly crds: readonly object[];
  /** What is wrong with a custom resource beyond its schema, as `field: why` or `why`: stands in for the CEL rules of those that have any. */
  readonly validate?: (object: StoredObject) => readonly string[];
  /** Runs pods. Without one they stay Pending. */
  readonly runtime?: PodRuntime;
  readonly now?: () => number;
  readonly random?: () => number;
  /** How many changes of each kind a watch may be behind before it is answered with 410 Gone. */
  readonly watchCacheSize?: number;
  /** Told of what a controller could not do before it tries again. */
  readonly onError?: (error: unknown) => void;
}

export interface Embedded {
  readonly url: string;
  /** With a token: whom to trust, as PEM. */
  readonly ca: string | undefined;
  /** Stops the pods, the controllers and the server; resolves when nothing of them is left. */
  readonly close: () => Promise<void>;
}

const node = { name: "loopback", address: "127.0.0.1" };
const manager = "evenkeel-embedded";

/** Starts an API server with the controllers of a small cluster, in this process and on a loopback address. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { host = "127.0.0.1", port = 0, now = Date.now, random = Math.random, validate = () => [] } = options;
  const store = new Store(options.watchCacheSize ?? 1000);
  const registry = new Registry({ store, catalog: new Catalog(store), now, random });
  const context: ControllerContext = {
    registry,
    events: new CoreEventRecorder(registry),
    onError: options.onError ?? (() => undefined),
  };
  const unwatch = watchDefinitions(registry, validate);
  const controllers: ControlLoop[] = [
    runGarbageCollector(context),
    runNamespaceController(context),
    runReplicaSetController(context),
    runDeploymentController(context),
  ];
  if (options.runtime) controllers.push(runPods(context, options.runtime, node));
  for (const name of ["default", "kube-system"]) {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    registry.create(namespaces, undefined, namespace, { manager });
  }
  registerNode(registry, node.name, node.address);
  for (const crd of options.crds) {
    registry.create(customResourceDefinitions, undefined, crd as StoredObject, { manager });
  }
  const server = await serveApi(registry, { host, port, token: options.token, runtime: options.runtime });
  return {
    url: server.url,
    ca: server.ca,
    close: async () => {
      await server.close();
      for (const controller of controllers.toReversed()) await controller.close();
      unwatch();
    },
  };
}
