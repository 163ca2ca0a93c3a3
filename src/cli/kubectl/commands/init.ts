import { loadBalancerPools, type Manifest } from "../../../kube/types.ts";
import { compose } from "../../../propose/compose.ts";
import type { Translated } from "../../../propose/translate.ts";
import { translateHpa } from "../../../propose/translate-hpa.ts";
import { translateScaledObject } from "../../../propose/translate-keda.ts";
import { type NotedField, printTree, toObject } from "../../../propose/tree.ts";
import { UsageError } from "../../flags/flag.ts";
import { oneLine, wrap } from "../../terminal/text.ts";
import { type OpenCluster, withCluster } from "../cluster/open-cluster.ts";
import { fieldManager } from "../cluster/patch-pool.ts";
import { nameOf } from "../cluster/pool-object.ts";
import { Failure } from "../failure.ts";
import type { InitFlags } from "../flags.ts";
import { type Gathered, gather } from "../init/gather.ts";
import { findKind, findTarget, type NamedWorkload, parseWord, readWorkload } from "../init/workload.ts";
import { openProgressLine } from "../screen/progress-line.ts";
import { openTerminal } from "../screen/terminal.ts";

/** What people read goes to stderr, so that the pool can be piped on. */
const say = (text: string): void => void process.stderr.write(`${wrap(oneLine(text), 80).join("\n")}\n`);

/** What the API server answered to the proposal; undefined where it took it. */
async function refusalOf(cluster: OpenCluster, pool: Manifest, dryRun: boolean): Promise<string | undefined> {
  const { signal } = cluster;
  const outcome = await cluster.objects.apply(loadBalancerPools, pool, {
    manager: fieldManager,
    force: false,
    dryRun,
    signal,
  });
  switch (outcome.kind) {
    case "ok":
      return undefined;
    case "missing":
      return "it has no LoadBalancerPools, or no such namespace: install Evenkeel first";
    case "refused":
      return `${outcome.message} (you need the right to patch and create loadbalancerpools)`;
    case "conflict":
      return `${outcome.message} (somebody else keeps these fields: kubectl get lbp ${pool.metadata.name} -o yaml --show-managed-fields tells who)`;
    case "invalid":
      return outcome.message;
    default:
      return outcome.kind;
  }
}

/** What is in the way, or should be known, before the pool is applied. */
function saidBeside({ beside, notes, input }: Gathered): string[] {
  const { workload } = input;
  const [hpa] = beside.autoscalers;
  const others = beside.pools.filter(({ metadata }) => metadata.name !== workload.name).map(nameOf);
  const same = beside.pools.find(({ metadata }) => metadata.name === workload.name);
  return [
    ...notes,
    ...(hpa === undefined
      ? []
      : [
          `${beside.autoscalers.join(" and ")} scales ${workload.name} already. In mode Recommend the pool leaves the replicas alone; delete the other before mode Auto. kubectl evenkeel init ${hpa} translates it.`,
        ]),
    ...(same ? [`Pool ${nameOf(same)} is there already: applying this changes it where the two differ.`] : []),
    ...(others.length > 0
      ? [
          `Pool ${others.join(" and ")} has ${workload.kind} ${workload.name} as its target already: of two, the older one scales it.`,
        ]
      : []),
    ...(beside.missingRights.length > 0
      ? [`Not looked at, because you lack the right to ${beside.missingRights.join(", ")}.`]
      : []),
  ];
}

async function settle(
  cluster: OpenCluster,
  tree: readonly NotedField[],
  flags: InitFlags,
  beside: Gathered["beside"],
): Promise<void> {
  const pool = toObject(tree) as unknown as Manifest;
  const what = `${pool.metadata.namespace}/${pool.metadata.name}`;
  if (!beside.hasPools && !flags.apply) {
    say("This cluster has no LoadBalancerPools, so that the proposal is not checked: install Evenkeel first.");
    return;
  }
  const why = await refusalOf(cluster, pool, !flags.apply);
  if (why !== undefined) throw new Failure(`the API server refuses the proposal: ${why}`);
  say(
    flags.apply
      ? `Applied pool ${what}. kubectl evenkeel status ${pool.metadata.name} -n ${pool.metadata.namespace} shows what it reads and recommends; mode: Auto lets it scale.`
      : `Checked by a server-side dry run: the API server would take pool ${what}. Apply it with --apply, or kubectl apply --server-side -f FILE.`,
  );
}

const translators = { HorizontalPodAutoscaler: translateHpa, ScaledObject: translateScaledObject };

/** What an autoscaler says; undefined for a workload. */
async function readAutoscaler(
  cluster: OpenCluster,
  { kind, ref, name }: NamedWorkload,
): Promise<Translated | undefined> {
  if (kind !== "HorizontalPodAutoscaler" && kind !== "ScaledObject") return undefined;
  const { namespace, signal } = cluster;
  const outcome = await cluster.objects.get(ref, namespace, name, { signal });
  if (outcome.kind === "ok") return translators[kind](outcome.object);
  if (outcome.kind === "missing") throw new Failure(`there is no ${kind} ${namespace}/${name}`);
  throw new Failure(`${kind} ${namespace}/${name} cannot be read: you need the right to get ${ref.plural}`);
}

/** Proposes a pool for a workload from what its pods tell. */
export async function init(flags: InitFlags, words: readonly string[], signal: AbortSignal): Promise<void> {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0)
    throw new UsageError("name one workload, such as deployment/checkout, or an autoscaler, such as hpa/checkout");
  parseWord(word);
  const terminal = openTerminal(flags);
  const progress = openProgressLine(process.stderr);
  await withCluster(flags, signal, async (cluster) => {
    const named = await findKind(cluster, word);
    const translated = await readAutoscaler(cluster, named);
    const target = translated ? await findTarget(cluster, translated.target) : named;
    const found = await readWorkload(cluster, target, cluster.namespace);
    const gathered = await gather(cluster, word, found, flags.observe, progress, translated);
    const tree = compose(gathered.input);
    terminal.write(printTree(tree));
    for (const text of saidBeside(gathered)) say(text);
    await settle(cluster, tree, flags, gathered.beside);
  });
}
