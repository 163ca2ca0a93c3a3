import * as z from "zod";
import { helpOf } from "../../src/cli/flags/help.ts";
import { readFlags } from "../../src/cli/flags/read-flags.ts";

const flags = {
  minutes: {
    value: "N",
    help: "How long consumers are without the operator (default 10).",
    schema: z.coerce.number().positive().default(10),
  },
  only: {
    value: "TEXT",
    help: "Only the files of test/e2e-consumers whose name has this in it.",
    schema: z.string().optional(),
  },
  json: { value: "FILE", help: "Write every figure to a file, under its stable name.", schema: z.string().optional() },
} as const;

export const readConfig = (args: readonly string[]) => readFlags(flags, args);

export const help = `Usage: npm run e2e:consumers -- [FLAGS]

Runs what takes too long for every change, or needs parts that few have: the
suites of test/e2e-consumers, on a control plane of their own. Builds or fetches
what they need and says what is missing.

${helpOf(flags)}
`;
