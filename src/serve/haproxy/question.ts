import { isIP } from "node:net";
import { namePattern, poolKeyPattern } from "../pool-key.ts";

/** What a server of HAProxy asks through its `agent-send`. */
export interface Question {
  /** `namespace/name` of the pool. */
  readonly key: string;
  /** Name or address of the pod. */
  readonly server: string;
  /** Which of the pool's lists the server stands for. */
  readonly access: "read" | "write";
}

const keyForm = new RegExp(`^${poolKeyPattern}$`);
const nameForm = new RegExp(`^${namePattern}$`);

/** An address in the form in which pods have it, with or without a port. */
function readAddress(text: string): string | undefined {
  const [, inBrackets, plain] = /^(?:\[([0-9a-f:.]+)\]|([^[\]:]+))(?::[0-9]{1,5})?$/i.exec(text) ?? [];
  const host = inBrackets ?? plain ?? text;
  if (isIP(host) === 0) return undefined;
  return isIP(host) === 4 ? host : URL.parse(`http://[${host}]`)?.hostname.slice(1, -1);
}

/** Reads `NAMESPACE/POOL POD [read|write]`, where the pod goes by its name, its address or `ADDRESS:PORT`. */
export function readQuestion(line: string): Question | undefined {
  const [key = "", pod = "", access = "read", ...more] = line.trim().split(/\s+/);
  if (more.length > 0 || (access !== "read" && access !== "write")) return undefined;
  const server = readAddress(pod) ?? pod;
  if (!keyForm.test(key) || (server === pod && isIP(pod) === 0 && !nameForm.test(pod))) return undefined;
  return { key, server, access };
}
