/** A pool over the Deployment of the same name, sampled often so that tests are short; fields given replace these. */
export const poolManifest = (name: string, spec: Readonly<Record<string, unknown>> = {}) => ({
  apiVersion: "evenkeel.io/v1alpha1",
  kind: "LoadBalancerPool",
  metadata: { name },
  spec: { targetRef: { name }, ports: [{ name: "http", port: 8080 }], metrics: sampledEvery("500ms"), ...spec },
});

/** The figures that fake pods give. */
export const sampledEvery = (interval: string, timeout = "400ms") => ({
  interval,
  timeout,
  source: { http: { connections: { name: "app_connections" }, load: { name: "app_load" } } },
});
