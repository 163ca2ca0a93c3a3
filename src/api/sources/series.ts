import * as z from "zod";
import { withRules } from "../rules.ts";
import { judgePattern } from "./pattern.ts";

const maxLabels = 16;

/** Prometheus 3 takes any text; what a selector puts around a name is none. */
const nameSource = String.raw`^[^\x00-\x1f\x7f"\\{}= ]([^\x00-\x1f\x7f"\\{}=]*[^\x00-\x1f\x7f"\\{}= ])?$`;
const isName = new RegExp(nameSource);
const nameWords = "name of Prometheus, without quotes, backslashes, braces and equals signs";

const labels = z
  .record(z.string(), z.string().max(200))
  .refine((given) => Object.keys(given).length <= maxLabels, `at most ${maxLabels} labels`)
  .meta({ maxProperties: maxLabels });

type Labels = Readonly<Record<string, string>> | undefined;

const labelNames = {
  // In CEL, as in JSON, a backslash is written twice.
  cel: `self.all(name, name.matches('${nameSource.replaceAll("\\", "\\\\")}'))`,
  message: `must be a label ${nameWords}`,
  holds: (given: Labels) => Object.keys(given ?? {}).every((name) => isName.test(name)),
};

const isAny = (given: Labels, kind: "malformed" | "tooLarge") =>
  Object.values(given ?? {}).some((pattern) => judgePattern(pattern) === kind);

export const metricName = z.string().max(200).regex(isName, `must be a metric ${nameWords}`);

/** Which series count, and how they are found in a page. */
export const series = {
  name: metricName.describe("Name of the metric."),
  matchLabels: withRules(
    labels.optional(),
    "Labels that a series must have. The values of all matching series are added up.",
    [labelNames],
  ),
  match: withRules(
    labels
      .refine((given) => !isAny(given, "tooLarge"), "has a pattern that is too large when it is compiled")
      .optional(),
    `Labels by regular expression (RE2), such as {code: "5.."}. As in PromQL, the whole value must match, and a label that is absent has the empty value. A value longer than 1024 bytes matches nothing.`,
    [
      labelNames,
      {
        // The API server compiles with RE2, and takes a pattern that it cannot compile as a refusal.
        cel: "self.all(name, ['x'.matches(self[name])].size() == 1)",
        message: "must be regular expressions of RE2",
        holds: (given) => !isAny(given, "malformed"),
      },
    ],
  ),
};
