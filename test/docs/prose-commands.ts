import { runbookCommands } from "./runbook-commands.ts";

/** Where a command that stands in prose is run. */
export type Place =
  /** A file that runs it, and how the command is written there: as it stands in quotes, unless told. */
  | { readonly file: string; readonly as?: string }
  /** Nobody runs it in a test, for this reason. */
  | { readonly byHand: string };

const onCluster: Place = { file: "test/cluster/documents.test.ts" };
const inShell: Place = { file: "test/docs/shell.test.ts" };
const inCi = (as: string): Place => ({ file: ".ci/run", as });
const bench: Place = { byHand: "takes minutes and a machine at rest; its figures are held to test/bench/ranges.json" };

/** Every command in the prose and tables of the documents. A new one needs a line here. */
export const proseCommands: Readonly<Record<string, Place>> = {
  // The demo, and what can be tried without a cluster.
  "npm start -- --duration 30s": inShell,
  "npm start -- --help": inShell,
  "npm start -- --consumer service": { ...inShell, as: '"shell", "demo-service"' },
  "npm start -- --consumer client": { file: "test/lab/cli/demo.test.ts", as: 'consumer: "client"' },
  "npm start -- --consumer envoy": { file: "test/lab/cli/demo.test.ts", as: 'consumer: "envoy"' },
  "npm start -- --consumer haproxy": { file: "test/lab/cli/demo.test.ts", as: 'consumer: "haproxy"' },
  "kubectl evenkeel explain web": inShell,
  "kubectl logs": { file: "test/docs/demo-commands.ts" },
  "evenkeel demo": { file: "test/bundle/bundle-lab.test.ts", as: "demo" },
  "evenkeel sim": { file: "test/bundle/bundle-lab.test.ts", as: "sim" },
  "evenkeel sim --model connections": { file: "test/lab/cli/sim-connections.test.ts", as: "--model connections" },

  // A pool on a cluster, and the operator on it.
  "kubectl evenkeel init deployment/checkout": { file: "test/cluster/init.test.ts", as: '"init", "deployment/web"' },
  "kubectl get lbp": onCluster,
  "kubectl get lbp checkout -o yaml": onCluster,
  "kubectl get lbp NAME -o yaml": onCluster,
  "kubectl explain lbp.spec": onCluster,
  "kubectl explain": { file: "test/cluster/pool-verdicts.test.ts", as: '"explain", path' },
  "kubectl apply": { file: "test/cluster/pool-verdicts.test.ts", as: '"apply", "-f"' },
  "kubectl evenkeel check -f FILE": { file: "test/cli/kubectl/commands/check.test.ts", as: '"check", "-f", file' },
  "kubectl wait --for=condition=Ready lbp/checkout": onCluster,
  "kubectl get lease -n NAMESPACE": onCluster,
  "kubectl delete lbp --all -A": onCluster,
  "evenkeel run --page": onCluster,
  "npm run build": { file: "test/tools/documents/desk.ts" },

  // kubectl's plugin, and the same commands elsewhere.
  "kubectl evenkeel init": { file: "test/cluster/init.test.ts", as: '"init"' },
  "kubectl evenkeel init deployment/shop": { file: "test/cluster/init.test.ts", as: '"init", "deployment/web"' },
  "kubectl evenkeel init hpa/NAME": { file: "test/cli/kubectl/commands/init.test.ts", as: '"hpa/taken"' },
  "kubectl evenkeel init scaledobject/NAME": {
    file: "test/propose/translate-keda.test.ts",
    as: "translateScaledObject",
  },
  "kubectl evenkeel check": { file: "test/cluster/init.test.ts", as: '"check", "web"' },
  "kubectl evenkeel pause": { ...onCluster, as: "kubectl evenkeel pause POOL" },
  "kubectl evenkeel status checkout": onCluster,
  "kubectl evenkeel status": { ...onCluster, as: "kubectl evenkeel status checkout" },
  "kubectl evenkeel status POOL": { file: "test/cluster/plugin.test.ts", as: 'succeed("status", "web"' },
  "kubectl evenkeel status -o json": { file: "test/cluster/plugin.test.ts", as: '"status", "web", "-o", "json"' },
  "kubectl evenkeel history": { file: "test/cli/kubectl/commands/history.test.ts", as: '"history", "web"' },
  "kubectl evenkeel explain": onCluster,
  "kubectl evenkeel drain POD": onCluster,
  "kubectl evenkeel pause POOL": onCluster,
  "kubectl evenkeel resume": {
    ...onCluster,
    as: '"kubectl evenkeel pause POOL", { names: { ...names, pause: "resume" } }',
  },
  "npm run evenkeel": { ...onCluster, as: "npm run evenkeel -- status" },
  "npm run evenkeel -- status": onCluster,

  // Requests to the operator.
  "GET /v1/pools": onCluster,
  "GET /v1/pools/{namespace}/{name}": onCluster,
  "GET /v1/pools/NAMESPACE/NAME": onCluster,
  "GET /v1/pools/NAMESPACE/NAME/watch": onCluster,
  "GET /v1/pools/NAMESPACE/NAME/next?n=3": onCluster,
  "GET /v1/pools/NAMESPACE/NAME/explain": onCluster,
  "GET /v1/pools/NAMESPACE/NAME/followers": onCluster,
  "PUT /v1/pools/NAMESPACE/NAME/connections?client=ID": onCluster,

  // The chart and the image.
  "kubectl get lbp hello": { file: "test/e2e/suites/quick-start.ts", as: '["get", "lbp", "hello"]' },
  "kubectl logs deployment/hello-client": { file: "test/e2e/suites/traffic.ts" },
  "kubectl apply --server-side -f": {
    file: "test/cluster/chart-install.test.ts",
    as: '"apply", "--server-side", "-f", file',
  },
  "helm upgrade": { file: "test/cluster/chart-install.test.ts", as: 'runHelm("upgrade", chartFolder)' },
  "helm test": { file: "test/e2e/suites/quick-start.ts", as: 'stage.helm(["test"' },
  "helm uninstall": { file: "test/cluster/chart-install.test.ts", as: 'runHelm("uninstall")' },
  "kubectl auth can-i --list": { file: "test/cluster/chart-rights.test.ts", as: '"auth", "can-i", "--list"' },
  "npm run image": { file: "README.md", as: "npm run image -- --kind" },
  "npm run image -- --tag REGISTRY/evenkeel:0.1.0": {
    byHand: "makes an image, which npm run e2e does by another name",
  },
  "docker push": { byHand: "needs a registry" },

  // Runbooks. Where there is no kubelet, there is no log.
  ...Object.fromEntries(
    Object.keys(runbookCommands).map((command): [string, Place] => [
      command,
      { file: "test/docs/runbook-commands.ts" },
    ]),
  ),
  "kubectl logs -n NAMESPACE -l app.kubernetes.io/name=evenkeel --tail 200": {
    file: "test/e2e/suites/quick-start.ts",
    as: '"-l", "app.kubernetes.io/name=evenkeel", "--tail", "200"',
  },
  "kubectl logs POD -n NAMESPACE": { file: "test/e2e/suites/own-workload.ts", as: '["logs", client]' },

  // What contributors run.
  "npm ci": inCi("npm ci"),
  "npm ci && npm start": { file: "test/docs/shell.test.ts", as: '"shell", "demo"' },
  "npm test": inCi("npm test"),
  "npm test -- test/decide": { byHand: "is a part of npm test" },
  "npm run control-plane": { file: "test/run.ts", as: "await findOrBuild()" },
  "npm run e2e": inCi("npm run e2e"),
  "npm run e2e:consumers": { byHand: "is without the operator for ten minutes, and needs Maven and Java" },
  "npm run check": inCi("npm run check"),
  "npm run fix": { byHand: "changes the sources; npm run check fails where it would" },
  "npm run generate": { byHand: "changes the sources; npm run check fails where it would" },
  "npm run release": { file: "test/release/release.test.ts", as: "release.ts" },
  "npm run bench:latency -- --pods 100,1000 --json FILE": bench,
  "npm run bench:start -- --json FILE": bench,
  "npm run bench:sizing -- --json FILE": bench,
  "npm run bench:sizing -- --source query": bench,
  "npm run bench:sizing -- --pods 100,1000,3000": bench,
  "npm run bench:service -- --json FILE": bench,
  "npm run bench:consumers -- --json FILE": bench,
  "npm run bench:traffic": bench,
  "npm run bench:traffic -- --instant": bench,
  "npm run bench:traffic -- --json FILE": bench,
  "npm run bench:balance": bench,
  "npm run bench:ready-set": bench,
  "npm run bench:ready-set -- --json FILE": bench,
  "npm run bench:balance -- --json FILE": bench,
  "npm run screenshot": { byHand: "changes the pictures" },
  ".ci/run": { byHand: "is what runs all of this" },
};
