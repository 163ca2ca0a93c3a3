import { findFreePort } from "../../../src/lab/cli/demo/preflight.ts";

/** Different ports of the loopback address that are free now. */
export async function findFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await findFreePort("127.0.0.1"));
  return [...ports];
}
