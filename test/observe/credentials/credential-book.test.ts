import { expect, test } from "vitest";
import { credentialsPolicy } from "../../../src/api/credentials-policy.ts";
import type { ApiOutcome } from "../../../src/kube/outcome.ts";
import type { KubeObject } from "../../../src/kube/types.ts";
import { CredentialBook } from "../../../src/observe/credentials/credential-book.ts";

const auth = { secret: { name: "scrape" }, type: "Bearer", insecure: true } as const;
const name = "evenkeel-may-get-secrets";

type Outcome = ApiOutcome<KubeObject>;
const creationTimestamp = new Date(0).toISOString();
const ok = (fields: object): Outcome => ({
  kind: "ok",
  object: { metadata: { name, creationTimestamp }, ...fields } as KubeObject,
});
/** Of a pool that is younger than the policy. */
const young = () => ({ createdAt: 500_000 });
const secret = (token: string): Outcome => ok({ data: { token: Buffer.from(token).toString("base64") } });
const policy = (changes: object = {}): Outcome => ok({ spec: { ...credentialsPolicy, ...changes } });
const binding = (changes: object = {}): Outcome =>
  ok({ spec: { policyName: name, validationActions: ["Deny"], ...changes } });

/** A clock that goes when it is told to, and an API server that answers what it is told to. */
function open() {
  let now = 1_000_000;
  const timers = new Set<{ at: number; run: () => void }>();
  const served = { secret: secret("one") as Outcome | Error, policy: policy() as Outcome | Error, binding: binding() };
  const reads: string[] = [];
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  const answer = async <T>(value: T | Error): Promise<T> => {
    if (value instanceof Error) throw value;
    return value;
  };
  const setTimer = (run: () => void, delayMs: number) => {
    const timer = { at: now + delayMs, run };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const clock = {
    now: () => now,
    random: () => 1,
    setTimer,
    onError: (error: unknown) => {
      throw error;
    },
  };
  const book = new CredentialBook(clock, {
    readSecret: (namespace, of) => {
      reads.push(`${namespace}/${of}`);
      return answer(served.secret);
    },
    readPolicy: async () => [await answer(served.policy), served.binding],
  });
  /** Lets so much time go by, timer after timer. */
  async function pass(ms: number): Promise<void> {
    const end = now + ms;
    for (;;) {
      await settle();
      const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      timers.delete(next);
      now = Math.max(now, next.at);
      next.run();
    }
    now = end;
    await settle();
  }
  return { book, served, reads, pass };
}

const shownBy = (followed: ReturnType<CredentialBook["follow"]>) => {
  const { credential, trouble } = followed.look();
  return { sent: credential?.headersOver("HTTP").authorization, trouble: trouble?.fault, key: trouble?.key };
};

test("a Secret is read at once, for all pools that name it, and again every half a minute", async () => {
  const { book, served, reads, pass } = open();
  const pools = Array.from({ length: 300 }, () => book.follow("shop", auth, young));
  expect(shownBy(pools[0]!)).toMatchObject({ sent: undefined, trouble: "Unread" });
  await pass(0);
  for (const pool of pools) expect(shownBy(pool)).toEqual({ sent: "Bearer one", trouble: undefined, key: undefined });
  expect(reads).toEqual(["shop/scrape"]);
  const before = pools[0]!.look().credential;
  await pass(31_000);
  expect(pools[0]!.look().credential).toBe(before);
  served.secret = secret("two");
  await pass(31_000);
  expect(shownBy(pools[7]!).sent).toBe("Bearer two");
  expect(reads).toHaveLength(3);
  for (const pool of pools) pool.stop();
  for (const pool of pools) pool.stop();
  await pass(300_000);
  expect(reads).toHaveLength(3);
});

test("the Secret of another namespace is another one", async () => {
  const { book, reads, pass } = open();
  book.follow("shop", auth, young);
  book.follow("office", auth, young);
  await pass(0);
  expect(reads.sort()).toEqual(["office/scrape", "shop/scrape"]);
});

test("many Secrets are read less often, each", async () => {
  const { book, reads, pass } = open();
  for (let index = 0; index < 1_000; index++) book.follow("shop", { ...auth, secret: { name: `s${index}` } }, young);
  await pass(0);
  await pass(60_000);
  expect(reads.length).toBeLessThanOrEqual(2_000);
});

test("many Secrets of one namespace take no time from another's", async () => {
  const { book, served, reads, pass } = open();
  const own = book.follow("shop", auth, young);
  const others = Array.from({ length: 3_000 }, (_, index) =>
    book.follow("mallory", { ...auth, secret: { name: `s${index}` } }, young),
  );
  await pass(0);
  served.secret = secret("two");
  await pass(31_000);
  expect(shownBy(own).sent).toBe("Bearer two");
  expect(reads.length).toBeLessThanOrEqual(3_600);
  served.secret = secret("three");
  own.refused();
  await pass(0);
  expect(shownBy(own).sent).toBe("Bearer two");
  await pass(5_000);
  own.refused();
  await pass(0);
  expect(shownBy(own).sent).toBe("Bearer three");
  for (const other of others) other.stop();
});

test("one that pods refuse is read again, and not more than every five seconds", async () => {
  const { book, served, reads, pass } = open();
  const pool = book.follow("shop", auth, young);
  await pass(10_000);
  served.secret = secret("two");
  for (let time = 0; time < 100; time++) pool.refused();
  await pass(0);
  expect(shownBy(pool).sent).toBe("Bearer two");
  for (let time = 0; time < 100; time++) pool.refused();
  await pass(1_000);
  expect(reads).toHaveLength(2);
});

test.each([
  ["gone", { kind: "missing" }, { trouble: "NotFound", key: undefined }],
  ["without its key", ok({ data: {} }), { trouble: "KeyMissing", key: "token" }],
  ["with a bad one", secret("a\r\nb: c"), { trouble: "KeyMalformed", key: "token" }],
] as const)("one that is %s is used as it was for ten minutes", async (_, outcome, told) => {
  const { book, served, pass } = open();
  const pool = book.follow("shop", auth, young);
  await pass(0);
  expect(shownBy(pool).sent).toBe("Bearer one");
  served.secret = outcome as Outcome;
  await pass(31_000);
  expect(shownBy(pool)).toEqual({ sent: "Bearer one", ...told });
  await pass(500_000);
  expect(shownBy(pool).sent).toBe("Bearer one");
  await pass(100_000);
  expect(shownBy(pool)).toEqual({ sent: undefined, ...told });
  served.secret = secret("two");
  await pass(5_000);
  expect(shownBy(pool).sent).toBe("Bearer two");
});

test("one that may not be read any more is not used any more", async () => {
  const { book, served, pass } = open();
  const pool = book.follow("shop", auth, young);
  await pass(0);
  served.secret = { kind: "refused", message: 'secrets "scrape" is forbidden' };
  await pass(31_000);
  expect(shownBy(pool)).toEqual({ sent: undefined, trouble: "Forbidden", key: undefined });
});

test("while the API server is away it is used as it was, and the policy for ten minutes", async () => {
  const { book, served, pass } = open();
  const pool = book.follow("shop", auth, young);
  await pass(0);
  served.secret = new Error("unreachable");
  await pass(1_200_000);
  expect(shownBy(pool)).toEqual({ sent: "Bearer one", trouble: undefined, key: undefined });
  served.policy = new Error("unreachable");
  await pass(500_000);
  expect(shownBy(pool).sent).toBe("Bearer one");
  await pass(150_000);
  expect(shownBy(pool)).toMatchObject({ sent: undefined, trouble: "Unreachable" });
});

test.each([
  ["no policy", { policy: { kind: "missing" } }],
  ["no right to see it", { policy: { kind: "refused", message: "no" } }],
  ["no binding", { binding: { kind: "missing" } }],
  ["one that ignores failures", { policy: policy({ failurePolicy: "Ignore" }) }],
  ["one for creations alone", { policy: policy({ matchConstraints: { resourceRules: [] } }) }],
  [
    "one that leaves namespaces out",
    {
      policy: policy({
        matchConstraints: { ...credentialsPolicy.matchConstraints, namespaceSelector: { matchLabels: { a: "b" } } },
      }),
    },
  ],
  [
    "one with a condition more",
    {
      policy: policy({
        matchConditions: [...credentialsPolicy.matchConditions, { name: "never", expression: "false" }],
      }),
    },
  ],
  ["one that lets all pass", { policy: policy({ validations: [{ expression: "true" }] }) }],
  ["a binding that warns", { binding: binding({ validationActions: ["Warn", "Audit"] }) }],
  ["a binding of another", { binding: binding({ policyName: "other" }) }],
  [
    "a binding for some namespaces",
    { binding: binding({ matchResources: { namespaceSelector: { matchLabels: { a: "b" } } } }) },
  ],
])("with %s none is read", async (_, changes) => {
  const { book, served, reads, pass } = open();
  Object.assign(served, changes);
  const pool = book.follow("shop", auth, young);
  await pass(20_000);
  expect(reads).toEqual([]);
  expect(shownBy(pool)).toMatchObject({ sent: undefined, trouble: "Unguarded" });
  Object.assign(served, { policy: policy(), binding: binding() });
  await pass(10_000);
  expect(shownBy(pool).sent).toBe("Bearer one");
  Object.assign(served, changes);
  await pass(61_000);
  expect(shownBy(pool)).toMatchObject({ sent: undefined, trouble: "Unguarded" });
});

test("a pool that is older than the policy has nothing read for it until somebody was asked", async () => {
  const { book, served, reads, pass } = open();
  const at = (second: number, uid: string) => ({
    metadata: { name, uid, creationTimestamp: new Date(1_000 * second).toISOString() },
  });
  served.policy = ok({ ...at(500, "first"), spec: credentialsPolicy });
  const written: { createdAt: number; secretsPolicy?: string } = { createdAt: 490_000 };
  const pool = book.follow("shop", auth, () => written);
  await pass(1_000);
  expect(shownBy(pool)).toMatchObject({ sent: undefined, trouble: "Unasked" });
  expect(pool.look().trouble?.policy).toBe("first");
  written.secretsPolicy = "another";
  await pass(60_000);
  expect([reads, shownBy(pool).trouble]).toEqual([[], "Unasked"]);
  written.secretsPolicy = "first";
  await pass(5_000);
  expect(shownBy(pool).sent).toBe("Bearer one");

  // Whoever writes while there is no binding is asked by none: what asks is the newer one.
  served.binding = ok({ ...at(600, "second"), spec: { policyName: name, validationActions: ["Deny"] } });
  await pass(31_000);
  expect([shownBy(pool).trouble, pool.look().trouble?.policy]).toEqual(["Unasked", "second"]);
  const younger = book.follow("shop", auth, () => ({ createdAt: 606_000 }));
  expect(shownBy(younger).sent).toBe("Bearer one");
});

test.each([1_000_000, 1_003_000, 9_000_000])(
  "of a policy made at %i nobody is told before it is heeded",
  async (at) => {
    const { book, served, reads, pass } = open();
    const metadata = { name, uid: "first", creationTimestamp: new Date(at).toISOString() };
    served.policy = ok({ metadata, spec: credentialsPolicy });
    const pool = book.follow("shop", auth, young);
    await pass(4_000);
    expect(pool.look()).toMatchObject({ credential: undefined, trouble: { fault: "Unread" } });
    expect(pool.look().trouble).not.toHaveProperty("policy");
    await pass(6_000);
    expect(pool.look().trouble).toMatchObject({ fault: "Unasked", policy: "first" });
    expect(reads).toEqual([]);
  },
);

test.each([
  ["a pool that is gone", {}],
  [
    "any pool where the policy does not say when it was made",
    { policy: { metadata: { name }, spec: credentialsPolicy } },
  ],
])("nothing is shown for %s", async (_, { policy: given }: { policy?: object }) => {
  const { book, served, pass } = open();
  let written: { createdAt: number } | undefined = young();
  if (given) served.policy = { kind: "ok", object: given as KubeObject };
  const pool = book.follow("shop", auth, () => written);
  // Another pool has it read.
  book.follow("shop", auth, young);
  await pass(11_000);
  expect(shownBy(pool).sent).toBe(given ? undefined : "Bearer one");
  written = undefined;
  expect(shownBy(pool)).toMatchObject({ sent: undefined, trouble: "Unasked" });
});

test("what the API server fills in changes nothing", async () => {
  const { book, served, pass } = open();
  const [rule] = credentialsPolicy.matchConstraints.resourceRules;
  served.policy = policy({
    matchConstraints: {
      resourceRules: [{ ...rule, scope: "*" }],
      matchPolicy: "Equivalent",
      namespaceSelector: {},
      objectSelector: {},
    },
  });
  served.binding = binding({
    matchResources: { matchPolicy: "Equivalent", namespaceSelector: {}, objectSelector: {} },
  });
  const pool = book.follow("shop", auth, young);
  await pass(0);
  expect(shownBy(pool).sent).toBe("Bearer one");
});

test("without a policy's name nothing is asked", async () => {
  const book = new CredentialBook({ now: () => 0, random: () => 0, setTimer: () => () => {} }, undefined);
  expect(shownBy(book.follow("shop", auth, young))).toMatchObject({ sent: undefined, trouble: "SwitchedOff" });
  await book.close();
});
