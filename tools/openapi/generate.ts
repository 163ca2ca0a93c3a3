import { describeApi } from "../../src/serve/openapi/describe-api.ts";
import { generate } from "../generated.ts";

// Writes the HTTP API as an OpenAPI document; with --check, fails if the file is not fresh.

await generate([{ path: "docs/openapi.json", text: () => `${JSON.stringify(describeApi(), undefined, 2)}\n` }]);
