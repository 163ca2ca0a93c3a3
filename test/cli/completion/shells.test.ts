import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crd } from "../../../src/api/crd.ts";
import { type Shell, shells } from "../../../src/cli/completion/scripts.ts";
import { type Embedded, startEmbedded } from "../../../src/lab/embedded/start-embedded.ts";
import { connectHttp } from "../../suites/api-suite/connection.ts";
import { Session } from "../../suites/api-suite/session.ts";
import { findProgram, requirePart } from "../../tools/require-part.ts";
import { type Ended, Plugin, runFile } from "../kubectl/plugin.ts";

let plugin: Plugin;
let server: Embedded;
let config: string;

beforeAll(async () => {
  plugin = await Plugin.build();
  server = await startEmbedded({ crds: [crd()] });
  config = await plugin.kubeconfig(server.url, "default");
  const session = new Session(connectHttp(server.url, "default"));
  for (const name of ["checkout", "search"])
    await session.create(session.inNamespace("evenkeel.io/v1alpha1", "loadbalancerpools"), {
      apiVersion: "evenkeel.io/v1alpha1",
      kind: "LoadBalancerPool",
      metadata: { name },
      spec: { selector: { matchLabels: { app: name } }, ports: [{ port: 80 }], strategy: { type: "Random" } },
    });
});

afterAll(async () => {
  await server?.close();
  await plugin?.remove();
});

const has = Object.fromEntries(shells.map((shell) => [shell, findProgram(shell) !== undefined])) as Record<
  Shell,
  boolean
>;
const run = (file: string, ...args: readonly string[]): Promise<Ended> =>
  runFile(file, args, { ...plugin.env, KUBECONFIG: config });

test.each(shells)("the script for %s is one that it reads", async (shell) => {
  const { code, stdout, stderr } = await run(plugin.file, "completion", shell);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("kubectl-evenkeel __complete");
  if (!has[shell]) return;
  const file = join(plugin.folder, `completion.${shell}`);
  await writeFile(file, stdout);
  expect(await run(shell, "-n", file)).toEqual({ code: 0, stdout: "", stderr: "" });
});

describe.skipIf(!requirePart("bash", has.bash))("bash", () => {
  const propose = async (line: string): Promise<string[]> => {
    const script = join(import.meta.dirname, "propose.bash");
    const { stdout } = await run("bash", "--norc", script, line);
    return stdout.split("\n").filter(Boolean);
  };

  test.each([
    ["kubectl-evenkeel sta", ["status"]],
    ["kubectl-evenkeel status ", ["checkout", "search"]],
    ["kubectl-evenkeel status -n default che", ["checkout"]],
    ["kubectl-evenkeel pause default/s", ["default/search"]],
    ["kubectl-evenkeel status --output=", ["json", "yaml", "wide"]],
    ["kubectl-evenkeel status -o w", ["wide"]],
    ["kubectl-evenkeel status checkout ", []],
  ])("'%s' goes on with %j", async (line, expected) => {
    expect(await propose(line)).toEqual(expected);
  });

  test("offers files where a file is meant", async () => {
    const [file] = await propose(`kubectl-evenkeel status --kubeconfig ${config.slice(0, -4)}`);
    expect(file).toBe(config);
  });

  const script = process.platform === "linux" ? findProgram("script") : undefined;
  test.skipIf(!requirePart("script (util-linux)", script !== undefined))("completes at the Tab key", async () => {
    const lines = [
      "export PS1= TERM=dumb",
      "source <(kubectl-evenkeel completion bash)",
      "echo kubectl-evenkeel-first; kubectl-evenkeel sta\tchec\t | head -1; exit",
    ];
    await writeFile(join(plugin.folder, "typed"), `${lines.join("\n")}\n`);
    const command = `script --quiet --return --command 'bash --norc --noprofile -i' /dev/null < ${join(plugin.folder, "typed")}`;
    const { stdout } = await run("sh", "-c", command);
    expect(stdout).toMatch(/^default\/checkout {2}Random\r?$/m);
  });
});

describe.skipIf(!requirePart("zsh", has.zsh))("zsh", () => {
  const script = join(import.meta.dirname, "propose.zsh");
  const propose = async (line: string, ...folder: readonly string[]): Promise<string[]> => {
    const { stdout } = await run("zsh", "-f", script, line, ...folder);
    return [...stdout.matchAll(/<([^<>\n]+)>/g)].map(([, word]) => word!);
  };

  test.each([
    ["kubectl-evenkeel sta", ["status"]],
    ["kubectl-evenkeel status ", ["checkout", "search"]],
    ["kubectl-evenkeel status -n default che", ["checkout"]],
    ["kubectl-evenkeel pause default/s", ["default/search"]],
    ["kubectl-evenkeel status --output=", ["--output=json", "--output=yaml", "--output=wide"]],
    ["kubectl-evenkeel status -o w", ["wide"]],
    ["kubectl-evenkeel status checkout ", []],
  ])("'%s' goes on with %j", async (line, expected) => {
    expect(await propose(line)).toEqual(expected);
  });

  test("offers files where a file is meant", async () => {
    const proposed = await propose(`kubectl-evenkeel status --kubeconfig ${config.slice(0, -4)}`);
    expect(proposed).toContain(basename(config));
  });

  test("tells what each command does", async () => {
    const { stdout } = await run("zsh", "-f", script, "kubectl-evenkeel ");
    expect(stdout).toMatch(/pause +-- stop scaling a pool/);
  });

  test("works from a folder of completions, too", async () => {
    const folder = join(plugin.folder, "site-functions");
    await mkdir(folder);
    const { stdout } = await run(plugin.file, "completion", "zsh");
    await writeFile(join(folder, "_kubectl-evenkeel"), stdout);
    expect(await propose("kubectl-evenkeel status ", folder)).toEqual(["checkout", "search"]);
  });
});

describe.skipIf(!requirePart("fish", has.fish))("fish", () => {
  test("proposes pools with fish's own engine", async () => {
    const script = "kubectl-evenkeel completion fish | source; complete -C 'kubectl-evenkeel status '";
    const { stdout } = await run("fish", "--no-config", "-c", script);
    expect(stdout.trim().split("\n").sort()).toEqual(["checkout", "search"]);
  });
});

const hasKubectl = requirePart("kubectl", findProgram("kubectl") !== undefined);
test.skipIf(!hasKubectl)("kubectl asks the plugin", async () => {
  const { stdout } = await run("kubectl", "__complete", "evenkeel", "status", "");
  expect(stdout).toBe("checkout\nsearch\n:4\n");
});
