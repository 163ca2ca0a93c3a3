import type { PodPorts } from "./pod-listener.ts";
import { podPorts } from "./pod-listener.ts";

/** A pod's spec with one container that declares the ports `http` and `metrics`. */
export const podSpec = ({ traffic, metrics }: PodPorts = podPorts) => ({
  automountServiceAccountToken: false,
  containers: [
    {
      name: "app",
      image: "example.invalid/app:1",
      ports: [
        { name: "http", containerPort: traffic },
        ...(metrics === traffic ? [] : [{ name: "metrics", containerPort: metrics }]),
      ],
    },
  ],
});

export interface DeploymentOptions {
  readonly name: string;
  readonly replicas: number;
  /** Besides `app: NAME`. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: PodPorts;
}

export function deploymentManifest({ name, replicas, labels = {}, ports = podPorts }: DeploymentOptions) {
  const selected = { app: name, ...labels };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, labels: selected },
    spec: {
      replicas,
      selector: { matchLabels: selected },
      template: { metadata: { labels: selected }, spec: podSpec(ports) },
    },
  };
}

/** A Service with a selector, for which Kubernetes' own controller makes the slices; without one nobody does. */
export const serviceManifest = (name: string, selector?: Readonly<Record<string, string>>) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { ports: [{ name: "http", port: 80, targetPort: "http" }], ...(selector && { selector }) },
});
