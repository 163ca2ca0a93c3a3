import { defined } from "../../api/defined.ts";
import { type ApiAnswer, type ApiOperation, type ApiParameter, operations } from "./operations.ts";
import { describeSchemas, referTo } from "./schemas.ts";

const inPath = (path: string): ApiParameter[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name: name!,
    in: "path",
    description: `The pool's ${name}.`,
    isRequired: true,
    schema: { type: "string" },
  }));

const describeParameter = ({ isRequired, ...parameter }: ApiParameter) => ({
  ...parameter,
  ...(isRequired && { required: true }),
});

function describeAnswer({ description, schema, text }: ApiAnswer): object {
  const content = {
    ...(schema && { "application/json": { schema: referTo(schema) } }),
    ...(text && { [text]: { schema: { type: "string" } } }),
  };
  return { description, ...(Object.keys(content).length > 0 && { content }) };
}

const problem = { "application/problem+json": { schema: referTo("Problem") } };

/** What any route may answer. */
const anywhere = {
  description: "Any other failure, such as Internal; or, with access control, TokenRefused, Forbidden, AccessUnknown.",
  content: problem,
};

function describeOperation(path: string, operation: ApiOperation): object {
  const { id, summary, description, tag, parameters = [], body, answers, refusals = {} } = operation;
  const all = [...inPath(path), ...parameters].map(describeParameter);
  const refused = Object.entries(refusals).map(([status, reasons]) => {
    return [status, { description: `Reason: ${reasons.join(" or ")}.`, content: problem }];
  });
  const answered = Object.entries(answers).map(([status, answer]) => [status, describeAnswer(answer)]);
  return {
    operationId: id,
    summary,
    ...defined({ description }),
    tags: [tag],
    ...(operation.onPage && { servers: [pageServer] }),
    ...(operation.isOpen && { security: [] }),
    ...(all.length > 0 && { parameters: all }),
    ...(body && { requestBody: { required: true, content: { "application/json": { schema: referTo(body) } } } }),
    responses: { ...Object.fromEntries([...answered, ...refused]), default: anywhere },
  };
}

const apiServer = {
  url: "http://evenkeel.evenkeel:8080",
  description: "The operator's Service, as the chart names it. `https` where the operator has a certificate.",
};
const pageServer = {
  url: "http://evenkeel.evenkeel:8081",
  description: "The port of the page, where that is enabled.",
};

/**
 * The HTTP API as an OpenAPI document. Of version 3.0: whatever generates clients reads that, and not all of it reads 3.1.
 */
export const describeApi = (): object => ({
  openapi: "3.0.3",
  info: {
    title: "Evenkeel",
    version: "v1",
    description:
      "What the operator serves about pools. Every replica answers. Fields and reasons may be added in v1, and none is removed or changes its meaning. GET answers HEAD as well.",
    license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
  },
  servers: [apiServer],
  tags: [
    { name: "pools", description: "What pools are and where to send requests." },
    { name: "reports", description: "What clients report about their own connections." },
    { name: "operator", description: "The operator itself." },
  ],
  security: [{}, { bearer: [] }],
  paths: Object.fromEntries(
    Object.entries(operations).map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([method, operation]) => [method, describeOperation(path, operation)]),
      ),
    ]),
  ),
  components: {
    schemas: describeSchemas(),
    securitySchemes: {
      bearer: {
        type: "http",
        scheme: "bearer",
        description: "A token of the cluster, where the operator runs with access control.",
      },
    },
  },
});
