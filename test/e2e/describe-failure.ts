import { runProgram } from "../../tools/image/run-program.ts";

const looks = [
  ["get", "pods,deployments,lbp", "--all-namespaces", "--output", "wide"],
  ["get", "events", "--all-namespaces", "--sort-by", ".lastTimestamp"],
  ["logs", "--namespace", "evenkeel", "--selector", "app.kubernetes.io/name=evenkeel", "--tail", "40", "--prefix"],
];

const lastLines = (text: string, count: number): string => text.trimEnd().split("\n").slice(-count).join("\n");

/** What the cluster says of itself after a failure. */
export async function describeFailure(env: NodeJS.ProcessEnv): Promise<string> {
  const answers = await Promise.all(
    looks.map(async (words) => {
      const answer = await runProgram("kubectl", words, { env }).catch((error: Error) => error.message);
      return `$ kubectl ${words.join(" ")}\n${lastLines(answer, 80)}\n`;
    }),
  );
  return `\n${answers.join("\n")}`;
}
