import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cluster } from "../../rigs/cluster.ts";
import type { Binaries } from "./binaries.ts";
import { findBinaries } from "./binaries.ts";
import { createAuthority, createCertificate } from "./certificates.ts";
import { TestClient } from "./client.ts";
import { Daemon } from "./daemon.ts";
import type { Ports } from "./flags.ts";
import { apiServerArguments, controllerManagerArguments, etcdArguments } from "./flags.ts";
import { findFreePorts } from "./ports.ts";
import type { User } from "./users.ts";
import { addUser } from "./users.ts";
import { waitFor } from "./wait-for.ts";

const readyTimeoutMs = 60_000;

export interface ControlPlaneOptions {
  /** By default those that `npm run control-plane` finds. */
  readonly binaries?: Binaries;
  /** Keeps certificates, etcd's data and the logs there after `stop`; a temporary folder by default. */
  readonly dataDir?: string;
  /** `true` for every controller of use without kubelets, or a list for kube-controller-manager's `--controllers`. */
  readonly controllerManager?: boolean | readonly string[];
  /** Gets one line for each step. */
  readonly log?: (line: string) => void;
}

/** A running etcd, kube-apiserver and kube-controller-manager, with the credentials of a cluster administrator. */
export interface ControlPlane {
  readonly cluster: Cluster;
  readonly etcd: Daemon;
  readonly apiServer: Daemon;
  readonly controllerManager: Daemon | undefined;
  /** Kills the API server, unless it is dead already, and waits until it answers again on the same port. */
  restartApiServer(): Promise<void>;
  addUser(user: User): Promise<Cluster>;
  stop(): Promise<void>;
}

const definedBinaries = (): Binaries => {
  const lookup = findBinaries();
  if (lookup.kind === "missing") throw new Error(`no control plane: ${lookup.reason}`);
  return lookup.binaries;
};

const writeKeys = async (folder: string): Promise<void> => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await Promise.all([
    writeFile(join(folder, "service-account.key"), privateKey.export({ type: "pkcs8", format: "pem" })),
    writeFile(join(folder, "service-account.pub"), publicKey.export({ type: "spki", format: "pem" })),
    createAuthority(folder).then(() =>
      Promise.all([
        createCertificate({ folder, file: "server", name: "server", hosts: "IP:127.0.0.1,DNS:localhost" }),
        createCertificate({ folder, file: "front-proxy", name: "front-proxy" }),
      ]),
    ),
  ]);
};

/** Waits until `daemon` answers 200 on `path`; ends early, with its log, when it died. */
const waitUntilReady = async (daemon: Daemon, name: string, cluster: Cluster, path: string): Promise<void> => {
  const client = new TestClient(cluster);
  const look = async () => !daemon.isRunning || (await client.request("GET", path)).status === 200;
  try {
    await waitFor(look, `${name} to be ready`, { timeoutMs: readyTimeoutMs });
    if (!daemon.isRunning) throw new Error(`${name} ended`);
  } catch (cause) {
    throw new Error(`${name} did not start:\n${await daemon.tail()}`, { cause });
  } finally {
    await client.close();
  }
};

/** Starts a control plane with ports and a folder of its own; any number may run side by side. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { binaries = definedBinaries(), dataDir, controllerManager = true, log = () => {} } = options;
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), "evenkeel-")));
  await mkdir(folder, { recursive: true });
  const daemon = (name: "etcd" | "kube-apiserver" | "kube-controller-manager", args: string[]) =>
    new Daemon({ path: binaries[name], args, logPath: join(folder, `${name}.log`) });

  const [etcdPort = 0, etcdPeer = 0, apiServerPort = 0, managerPort = 0] = await findFreePorts(4);
  const ports: Ports = { etcd: etcdPort, etcdPeer, apiServer: apiServerPort, controllerManager: managerPort };
  const etcd = daemon("etcd", etcdArguments(join(folder, "etcd"), ports));
  const apiServer = daemon("kube-apiserver", apiServerArguments(folder, ports));
  let manager: Daemon | undefined;

  const stop = async () => {
    const orderly = dataDir !== undefined;
    for (const process of [manager, apiServer, etcd]) await (orderly ? process?.stop() : process?.kill());
    if (!orderly) await rm(folder, { recursive: true, force: true });
  };

  try {
    log(`starting in ${folder}`);
    etcd.start();
    await writeKeys(folder);
    apiServer.start();
    const ca = await readFile(join(folder, "ca.crt"), "utf8");
    const server = `https://127.0.0.1:${ports.apiServer}`;
    const place = { server, ca, kubectl: binaries.kubectl, folder, podsOnLoopback: false };
    const cluster = await addUser(place, { name: "admin", groups: ["system:masters"] });
    await waitUntilReady(apiServer, "kube-apiserver", cluster, "/readyz");
    log("kube-apiserver is ready");

    if (controllerManager) {
      const controllers = controllerManager === true ? undefined : controllerManager;
      manager = daemon(
        "kube-controller-manager",
        controllerManagerArguments(folder, cluster.kubeconfigPath, ports, controllers),
      );
      manager.start();
      const address = `https://127.0.0.1:${ports.controllerManager}`;
      await waitUntilReady(manager, "kube-controller-manager", { ...cluster, server: address }, "/healthz");
      log("kube-controller-manager is ready");
    }

    return {
      cluster,
      etcd,
      apiServer,
      controllerManager: manager,
      restartApiServer: async () => {
        await apiServer.kill();
        apiServer.start();
        await waitUntilReady(apiServer, "kube-apiserver", cluster, "/readyz");
      },
      addUser: (user) => addUser(cluster, user),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
