import * as z from "zod";
import { defined } from "./defined.ts";
import { duration } from "./duration.ts";
import { pollRules, timeout } from "./poll.ts";
import { probe } from "./probe.ts";
import { listed, type Rule, withRules } from "./rules.ts";
import {
  celReads,
  type Figure,
  fieldsFor,
  type GivenSource,
  givenReads,
  intervalRules,
  readsFigure,
  type Source,
  type SourceType,
  source,
  sourceOf,
} from "./sources/sources.ts";

/** How a pool's pods are sampled, as users write it. */
export const givenMetrics = withRules(
  z.object({
    interval: duration("1s", "Time between two samples of a pod, from 200ms to 1h."),
    timeout: timeout(
      "800ms",
      "Time after which a sample counts as failed, at most 10s. It must be shorter than the interval.",
    ),
    source: source.optional(),
    probe: probe.optional(),
  }),
  "How the pods are sampled and probed.",
  [
    {
      cel: "has(self.source) || has(self.probe)",
      message: "needs source, probe or both",
      holds: ({ source: given, probe: probed }) => given !== undefined || probed !== undefined,
    },
    ...pollRules,
    ...intervalRules,
  ],
);

type GivenMetrics = z.output<typeof givenMetrics>;

/** How a pool's pods are sampled. */
export type Metrics = Omit<GivenMetrics, "source"> & { readonly source?: Source };

/** What sampling goes by: metrics with a source. */
export type Sampled<T extends SourceType = SourceType> = Omit<Metrics, "source"> & { readonly source: Source<T> };

export const metricsOf = ({ source: given, ...rest }: GivenMetrics): Metrics => ({
  ...rest,
  ...defined({ source: given && sourceOf(given) }),
});

/** Whether the source of parsed metrics reads a figure. */
export const reads = (metrics: Metrics | undefined, figure: Figure): boolean =>
  metrics?.source !== undefined && readsFigure(metrics.source, figure);

/** What a rule looks at: what users ask for. */
interface Asked {
  readonly metrics?: { readonly source?: GivenSource | undefined; readonly probe?: object | undefined } | undefined;
}

/** This figure a probe reads as well. */
const probed: Figure = "responseTime";

/** Whether anything that a user asked for reads a figure. */
export const isRead = (figure: Figure, { metrics }: Asked): boolean =>
  Boolean(metrics?.source && givenReads(metrics.source, figure)) || (figure === probed && Boolean(metrics?.probe));

function celIsRead(figure: Figure): string {
  const bySource = celReads("self.metrics.source", figure);
  return figure === probed
    ? `has(self.metrics) && (has(self.metrics.probe) || ${bySource})`
    : `has(self.metrics) && has(self.metrics.source) && (${bySource})`;
}

const remedyFor = (figure: Figure): string => {
  const fields = fieldsFor(figure).map((field) => `metrics.source.${field}`);
  return listed([...fields, ...(figure === probed ? ["metrics.probe"] : [])], "or");
};

/** The rule that one of these figures be read, unless something holds. `message` says for what, up to the remedy. */
export const needsFigure = <Spec extends object>(
  figures: readonly Figure[],
  message: string,
  unless: Pick<Rule<Spec>, "cel" | "holds">,
): Rule<Spec & Asked> => ({
  cel: [unless.cel, ...figures.map((figure) => `(${celIsRead(figure)})`)].join(" || "),
  message: `${message}: set ${figures.length === 1 ? remedyFor(figures[0]!) : "one of them in metrics.source"}`,
  holds: (spec) => unless.holds(spec) || figures.some((figure) => isRead(figure, spec)),
});
