import manifest from "../../../../package.json" with { type: "json" };
import { defined } from "../../../api/defined.ts";
import { UsageError } from "../../flags/flag.ts";
import { oneLine } from "../../terminal/text.ts";
import { type OperatorReplica, readReplica } from "../cluster/read-replica.ts";
import type { VersionFlags } from "../flags.ts";
import { formatDocument } from "../screen/format-document.ts";
import { skewOf } from "../screen/skew.ts";
import { openTerminal } from "../screen/terminal.ts";

/** What `version -o json` tells. */
interface VersionDocument {
  readonly client: { readonly version: string; readonly node: string; readonly platform: string };
  /** Absent where it was not asked, or did not answer. */
  readonly operator?: OperatorReplica;
  /** Why the two should not be used together. */
  readonly skew?: string;
}

const client = {
  version: manifest.version,
  node: process.versions.node,
  platform: `${process.platform}-${process.arch}`,
};

function linesOf({ version, identity, leads, leader }: OperatorReplica): string[] {
  const who = identity === undefined ? "" : ` (${identity}, ${leads ? "leads" : `follows ${leader ?? "nobody yet"}`})`;
  return [oneLine(`Operator version: ${version}${who}`)];
}

/** The versions of this program and of the operator. Where the operator does not answer, its own is told all the same. */
export async function version(flags: VersionFlags, words: readonly string[], signal: AbortSignal): Promise<void> {
  if (words.length > 0) throw new UsageError("version takes no arguments");
  const { output } = flags;
  const terminal = openTerminal(flags);
  const print = (document: VersionDocument, lines: readonly string[]): void =>
    terminal.write(output === undefined ? lines.map((line) => `${line}\n`).join("") : formatDocument(document, output));
  const own = [`Client version: ${client.version}`];
  if (flags.client) {
    print({ client }, own);
    return;
  }
  let operator: OperatorReplica;
  try {
    operator = await readReplica(flags, signal);
  } catch (error) {
    signal.throwIfAborted();
    print({ client }, own);
    throw error;
  }
  const skew = skewOf(client.version, operator.version);
  print({ client, operator, ...defined({ skew }) }, [...own, ...linesOf(operator)]);
  if (skew !== undefined) process.stderr.write(`Warning: ${oneLine(skew)}\n`);
}
