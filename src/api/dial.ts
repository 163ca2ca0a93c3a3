import * as z from "zod";
import { textOrInteger } from "./int-or-string.ts";
import { withRules } from "./rules.ts";

const maxPort = 65_535;

const referenceWords = "must be the name or the number of a port that the pod declares";
const reference = textOrInteger(
  z
    .string(referenceWords)
    .max(15)
    .regex(/^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/, referenceWords),
);

/** A port that a pod declares, by name or number; `settle` says what it is where it is not given. */
export const portRef = <S extends z.ZodType<string | undefined>>(
  description: string,
  settle: (ref: typeof reference) => S,
): S =>
  withRules(settle(reference), description, [
    {
      cel: `(type(self) == string && !self.matches('^[0-9]+$')) || (int(self) >= 1 && int(self) <= ${maxPort})`,
      message: `a port number must be from 1 to ${maxPort}`,
      holds: (port) => port === undefined || !/^[0-9]+$/.test(port) || (Number(port) >= 1 && Number(port) <= maxPort),
    },
  ]);

/** How a pod is asked over HTTP, in the words of Kubernetes' own probes. */
export const scheme = z
  .enum(["HTTP", "HTTPS"])
  .describe(
    "HTTP or HTTPS. The pod's certificate is verified only if credentials are sent: without them it is not, as with the kubelet's probes. HTTP if absent.",
  );

export type Scheme = z.output<typeof scheme>;

const plainPath = String.raw`\/([A-Za-z0-9._~-][A-Za-z0-9._~/-]{0,254})?`;
/** Characters of a query by RFC 3986. Control characters are none, and have no business there in their encoded form. */
const query = "([A-Za-z0-9._~/?:@!$&'()*+,;=-]|%([2-689A-Fa-f][0-9A-Fa-f]|7[0-9A-Ea-e])){0,512}";

/** Path of an HTTP request to a pod, to which we add a query of our own. */
export const path = z
  .string()
  .regex(new RegExp(`^${plainPath}$`), "must be an absolute path without query, such as /metrics");

/** Path of an HTTP request to a pod, with the query that the pool gives. */
export const pathAndQuery = z
  .string()
  .regex(
    new RegExp(String.raw`^${plainPath}(\?${query})?$`),
    "must be an absolute path, such as /metrics or /metrics?format=prometheus; in a query everything but letters, digits and ._~/?:@!$&'()*+,;=- is percent-encoded",
  );

const label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
/** The last label of a name begins with a letter, or it would be an address, which TLS takes for no name. */
const topLabel = "[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";

/** What an HTTP request names as its host. */
export const host = z
  .string()
  .max(253)
  .regex(
    new RegExp(`^(${label}\\.)*${topLabel}(:[1-9][0-9]{0,4})?$`),
    "must be a DNS name, with a port if need be, such as consul.shop.svc:8501",
  )
  .describe(
    "Host that the request names, for servers that check it. It is the header Host and, without the port, the SNI name over HTTPS. The request still goes to the pod's own address and port. If absent, the request names that address and port.",
  );
