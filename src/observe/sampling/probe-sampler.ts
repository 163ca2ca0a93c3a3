import { isDeepStrictEqual } from "node:util";
import { afterProbe, knownDown, type Probed } from "../../decide/membership/probing.ts";
import type { Finding } from "../../decide/samples/findings.ts";
import type { Pod, Probing } from "../../decide/world.ts";
import { findDial } from "../../pods/dial.ts";
import type { Tell } from "../../pods/failed.ts";
import { type FollowedCredential, isRefusal } from "../credentials/credential-book.ts";
import { failed, type ProbeOnce } from "../probes/limited.ts";
import { createProbe } from "../probes/probe.ts";
import { isSampled, type ProbeSettings, type SamplerContext } from "./context.ts";
import { type Asker, PerPod } from "./per-pod.ts";
import { flowOf } from "./room.ts";

/** Probes the pods of one pool. */
export interface ProbeSampler {
  /** Takes over the pods. The first time, those that are `down` by name begin so. */
  follow(pods: readonly Pod[], down: ReadonlySet<string>): void;
  probings(): ReadonlyMap<string, Probing>;
  stop(): Promise<void>;
}

/** Whether two settings ask the same of a pod, however often. */
export function isSameProbe(a: ProbeSettings, b: ProbeSettings): boolean {
  const question = ({ probe: { interval: _, timeout: __, ...rest }, port }: ProbeSettings) => ({ ...rest, port });
  return isDeepStrictEqual(question(a), question(b));
}

/** A pod that is not ready yet would fail, and be out for a while after it has become ready. */
const isProbed = (pod: Pod): boolean => isSampled(pod) && pod.ready;

/** What a probe brought, with what was found where it failed. */
interface Attempted {
  readonly probed: Probed;
  readonly finding?: Finding | undefined;
}

/** How the pods of one pool are probed. */
interface ProbePlan {
  readonly probe: ProbeOnce;
  readonly port: string;
  readonly timeoutMs: number;
  /** What the pods are shown; absent where that is nothing. */
  readonly followed: FollowedCredential | undefined;
}

/** Probes one pod. No answer, however strange, may end more than its own probe. */
function openProber({ dialPolicy, onError }: SamplerContext, plan: ProbePlan): Asker<Attempted> {
  const { probe, port, timeoutMs, followed } = plan;
  const stop = new AbortController();
  return {
    async ask(pod) {
      const dial = findDial(pod, port, dialPolicy);
      if (dial.kind === "failed") return { probed: dial };
      let finding: Finding | undefined;
      try {
        const { credential, trouble } = (await followed?.wait(timeoutMs)) ?? {};
        if (followed && !credential) return { probed: failed("CredentialsMissing"), finding: trouble };
        const tell: Tell = (found) => {
          finding = found;
        };
        const probed = await probe(dial, stop.signal, tell, credential);
        if (!followed || !isRefusal(finding)) return { probed, finding };
        followed.refused();
        return { probed: failed("CredentialsRefused"), finding };
      } catch (error) {
        onError(error);
        return { probed: failed("Malformed"), finding };
      }
    },
    close: async () => stop.abort(),
  };
}

/** Probes each ready pod of a pool, on a pulse of its own; `inherited` is what is known of pods that were asked the same. */
export function startProbing(
  context: SamplerContext,
  pool: string,
  { probe, health, port }: ProbeSettings,
  inherited?: ReadonlyMap<string, Probing>,
): ProbeSampler {
  const plan: ProbePlan = {
    probe: createProbe(probe),
    port: probe.port ?? port,
    timeoutMs: probe.timeout,
    followed: probe.auth && context.credentials.follow(pool, probe.auth),
  };
  let isFirst = true;
  let earlier = inherited;
  const pods = new PerPod<Probing, Attempted>(context, {
    pool,
    flow: flowOf(pool, "probes"),
    timeoutMs: probe.timeout,
    // A pod that is down and fails still is left alone for longer; one that begins to answer is soon asked again.
    intervalMs: (known) => (known?.isDown && known.failures > 0 ? health.recheck : probe.interval),
    open: () => openProber(context, plan),
    learn: (known, { probed, finding }, at) => afterProbe(known, probed, at, health, finding),
    report: ({ probed }, seconds) =>
      context.onProbe({ pool, outcome: probed.kind === "failed" ? probed.failure : "ok", seconds }),
    // Labels say who is the primary: whoever gives them has just made it one.
    hurries: (before, after) => probe.type === "Postgres" && !isDeepStrictEqual(before.labels, after.labels),
  });

  function knownOf({ uid, name }: Pod, down: ReadonlySet<string>): Probing | undefined {
    if (!isFirst) return undefined;
    if (earlier) return earlier.get(uid);
    return down.has(name) ? knownDown : undefined;
  }

  return {
    follow(followed, down) {
      pods.follow(followed.filter(isProbed), (pod) => knownOf(pod, down));
      isFirst = false;
      earlier = undefined;
    },
    probings: () => pods.known,
    async stop() {
      plan.followed?.stop();
      await pods.stop();
    },
  };
}
