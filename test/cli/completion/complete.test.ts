import { expect, test } from "vitest";
import * as z from "zod";
import { complete, printCompletion } from "../../../src/cli/completion/complete.ts";
import { poolCommands } from "../../../src/cli/kubectl/commands.ts";
import type { Program, WordKind } from "../../../src/cli/program.ts";

const program: Program = {
  name: "evenkeel",
  description: "",
  commands: {
    ...poolCommands("evenkeel"),
    run: {
      summary: "run it",
      help: "",
      flags: async () => ({ config: { value: "FILE", help: "A file.", schema: z.string() } }),
      run: async () => {},
    },
  },
};

const names: Record<WordKind, readonly string[]> = {
  pool: ["web", "worker", "shop/web"],
  pod: ["web-1", "web-2"],
  workload: ["deployment/web", "hpa/web"],
  namespace: ["shop", "default"],
  context: ["kind-a", "kind-b"],
};

const wordsFor = async (line: string): Promise<string[]> => {
  const { candidates } = await complete(program, line.split(" "), async (kind) => names[kind]);
  return candidates.map(({ word }) => word);
};

test.each([
  [
    "",
    [
      "init",
      "check",
      "status",
      "watch",
      "explain",
      "history",
      "drain",
      "pause",
      "resume",
      "version",
      "completion",
      "run",
    ],
  ],
  ["re", ["resume"]],
  ["init dep", ["deployment/web"]],
  ["status ", ["web", "worker", "shop/web"]],
  ["status w", ["web", "worker"]],
  ["status shop/", ["shop/web"]],
  ["status web ", []],
  ["status -n shop w", ["web", "worker"]],
  ["status -A -o wide w", ["web", "worker"]],
  ["drain ", ["web-1", "web-2"]],
  ["status -o ", ["json", "yaml", "wide"]],
  ["status --output=w", ["--output=wide"]],
  ["status --output j", ["json"]],
  ["status -n s", ["shop"]],
  ["status --context ", ["kind-a", "kind-b"]],
  ["status --kubec", ["--kubeconfig"]],
  ["drain --no-", ["--no-color", "--no-wait"]],
  ["pause --h", ["--help"]],
  ["completion ", ["bash", "zsh", "fish"]],
  ["nothing ", []],
  ["constructor ", []],
  ["status --nothing=", []],
  ["run --c", ["--config"]],
])("'%s' goes on with %j", async (line, expected) => {
  expect(await wordsFor(line)).toEqual(expected);
});

test("files are left to the shell", async () => {
  for (const line of ["status --kubeconfig ./", "run --config "]) {
    const completion = await complete(program, line.split(" "), async () => []);
    expect(printCompletion(completion)).toBe(":0\n");
  }
});

test("is printed as kubectl reads it", async () => {
  const completion = await complete(program, ["pau"], async () => []);
  expect(printCompletion(completion)).toBe("pause\tstop scaling a pool\n:4\n");
});
