import { startEmbedded } from "../../../src/lab/embedded/start-embedded.ts";
import { connectHttp } from "../../suites/api-suite/connection.ts";
import { widgetDefinition, widgetProblems } from "../../suites/api-suite/widget.ts";
import { apiSuite } from "../../suites/api-suite.ts";

apiSuite(
  "embedded API server",
  async () => {
    const server = await startEmbedded({ crds: [widgetDefinition], validate: widgetProblems });
    return { ...connectHttp(server.url, "default"), close: server.close };
  },
  { collectsGarbage: true },
);
