import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type FoundDefinitions, readDefinitions } from "./module-definitions.ts";

const folder = join(import.meta.dirname, "envoy-gateway");
const definitions = "charts/gateway-helm/charts/crds/crds";

/** The definitions of Gateway API and of Envoy Gateway, as Envoy Gateway's chart installs them. */
export function gatewayDefinitions(): Promise<FoundDefinitions> {
  const [, module, version] = /^require (\S+) (\S+)/m.exec(readFileSync(join(folder, "go.mod"), "utf8"))!;
  return readDefinitions({
    name: "Envoy Gateway",
    folder,
    module: `${module}@${version}`,
    files: [
      `${definitions}/gatewayapi-crds.yaml`,
      ...["backendtrafficpolicies", "clienttrafficpolicies", "envoyextensionpolicies"].map(
        (kind) => `${definitions}/generated/gateway.envoyproxy.io_${kind}.yaml`,
      ),
    ],
  });
}
