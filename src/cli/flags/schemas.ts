import * as z from "zod";
import { parseDuration } from "../../api/duration.ts";

const portError = "must be a port from 0 to 65535";
export const port = z.coerce.number(portError).int(portError).min(0, portError).max(65_535, portError);
export const onOff = z.stringbool({ truthy: ["true", "1"], falsy: ["false", "0"], error: "must be true or false" });
const seedError = "must be a whole number from 0";
export const seed = z.coerce.number(seedError).int(seedError).min(0, seedError);
/** One of these words. */
export const oneOf = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, `must be one of ${words.join(", ")}`);
/** A switch: its flag stands alone, its variable has a value. */
export const toggle = z.union([z.boolean(), onOff]).default(false);
/** A timer of Node that is to wait for longer than 2^31 ms fires at once. */
const longestWaitMs = 24 * 86_400_000;
/** A time to wait, in milliseconds. */
export const durationText = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,5})(ms|s|m|h)$/, { error: "must be a duration such as 30s", abort: true })
  .transform(parseDuration)
  .refine((ms) => ms <= longestWaitMs, "must be at most 24 days, which are 576h");
/** Of leader election: whole seconds, as a Lease has them, and no more than a cluster can go without a leader. */
export const leaseTime = durationText.refine(
  (ms) => ms >= 1_000 && ms <= 600_000 && ms % 1_000 === 0,
  "must be whole seconds, from 1s to 10m",
);
const peer = z
  .string()
  .trim()
  .regex(/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+):[1-9][0-9]{0,4}$/i, "must be HOST:PORT, with IPv6 addresses in brackets")
  .transform((text) => {
    const colon = text.lastIndexOf(":");
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port: number }) => number <= 65_535, "must have a port up to 65535");
/** Where to listen: `:18000` on every address, `10.0.0.1:18000` or `[::1]:18000` on one. */
export const bindAddress = z
  .string()
  .trim()
  .regex(
    /^(\[[0-9a-f:.]+\]|[a-z0-9.-]*):[0-9]{1,5}$/i,
    "must be :PORT or ADDRESS:PORT, with IPv6 addresses in brackets",
  )
  .transform((text) => {
    const colon = text.lastIndexOf(":");
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, "") || undefined, port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port: number }) => number <= 65_535, "must have a port up to 65535");
export const peerList = z
  .string()
  .transform((text) => text.split(","))
  .pipe(z.array(peer));
export const hostList = z
  .string()
  .transform((text) =>
    text
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean),
  )
  .pipe(
    z.array(
      z
        .string()
        .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9.])?$/i, "must be names without port, such as evenkeel.example.com"),
    ),
  );
const words = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
);
export const namespaceList = words;
export const audienceList = words;
/** Where an API is: no credentials in it, which command lines show, and nothing behind the path. */
export const httpAddress = z
  .url({ protocol: /^https?$/, error: "must be http://… or https://…" })
  .transform((text) => new URL(text))
  .refine(
    ({ username, password, search, hash }) => `${username}${password}${search}${hash}` === "",
    "must have no user, no password, no query and no fragment",
  );
/** What a header carries as it is. */
export const headerText = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, "must be up to 200 characters of ASCII, without blanks");
/** Labels of Prometheus, as in `cluster=east,region=eu`. */
export const labelList = words.transform((pairs, context) => {
  const labels: Record<string, string> = {};
  for (const pair of pairs) {
    const [, name, value] = /^([a-zA-Z_][a-zA-Z0-9_]{0,199})=(.{1,200})$/.exec(pair) ?? [];
    if (name !== undefined && value !== undefined && name !== "namespace") labels[name] = value;
    else context.addIssue("must be LABEL=VALUE, separated by commas; the namespace is put in anyway");
  }
  return labels;
});
