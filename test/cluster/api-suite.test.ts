import { Agent } from "undici";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { connectHttp } from "../suites/api-suite/connection.ts";
import { widgetDefinition } from "../suites/api-suite/widget.ts";
import { apiSuite } from "../suites/api-suite.ts";
import { TestClient } from "../tools/control-plane/client.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

// The embedded API server passes the same suite: what it is judged by is what the real one does.
describeCluster("the API suite", { needs: ["TLS"] }, (cluster) => {
  apiSuite(
    "on a real API server",
    async () => {
      const client = new TestClient(cluster);
      const { group, names, versions } = widgetDefinition.spec;
      const created = await client.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
        body: widgetDefinition,
      });
      if (created.status !== 201 && created.status !== 409) throw new Error(JSON.stringify(created.body));
      const served = async () =>
        (await client.request("GET", `/apis/${group}/${versions[0]?.name}/${names.plural}`)).status === 200;
      await waitFor(served, "the suite's CRD to be served");
      const namespace = await client.createNamespace("suite");
      const dispatcher = new Agent({
        connect: { ca: cluster.ca, cert: cluster.cert, key: cluster.key },
        allowH2: false,
        bodyTimeout: 0,
      });
      return {
        ...connectHttp(cluster.server, namespace, { dispatcher }),
        close: async () => {
          await Promise.all([dispatcher.destroy(), client.close()]);
        },
      };
    },
    { collectsGarbage: true },
  );
});
