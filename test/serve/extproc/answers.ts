import { expect } from "vitest";

interface Sent {
  readonly requestHeaders: {
    readonly response: {
      readonly headerMutation: {
        readonly setHeaders: readonly {
          readonly header: { readonly key: string; readonly rawValue: Buffer };
          readonly appendAction: string;
        }[];
        readonly removeHeaders: readonly string[];
      };
    };
  };
  readonly dynamicMetadata: {
    readonly fields: Record<
      string,
      { readonly structValue: { readonly fields: Record<string, { readonly stringValue: string }> } }
    >;
  };
}

interface Refused {
  readonly immediateResponse: {
    readonly status: { readonly code: string };
    readonly body: Buffer;
    readonly details: string;
  };
}

const destination = "x-gateway-destination-endpoint";

/** The addresses in an answer to a request's headers, of which header and metadata must say the same. */
export function addressesIn(answer: unknown): string[] {
  const { requestHeaders, dynamicMetadata } = answer as Sent;
  const { setHeaders, removeHeaders } = requestHeaders.response.headerMutation;
  expect(setHeaders).toMatchObject([{ header: { key: destination }, appendAction: "OVERWRITE_IF_EXISTS_OR_ADD" }]);
  expect(removeHeaders).toEqual([destination]);
  const list = setHeaders[0]!.header.rawValue.toString();
  expect(Object.keys(dynamicMetadata.fields)).toEqual(["envoy.lb"]);
  const { fields } = dynamicMetadata.fields["envoy.lb"]!.structValue;
  expect(fields).toMatchObject({ [destination]: { stringValue: list } });
  return list.split(",");
}

/** The answer that the client gets in the place of the pool's. */
export function refusalIn(answer: unknown) {
  const { status, body, details } = (answer as Refused).immediateResponse;
  return { code: status.code, body: body.toString(), details };
}
