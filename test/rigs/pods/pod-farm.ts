import { FakePod } from "./fake-pod.ts";
import type { PodPorts } from "./pod-listener.ts";
import { listen, podPorts } from "./pod-listener.ts";

const toAddress = (index: number) => `10.244.${index >> 8}.${index & 255}`;
const firstIndex = 2;
const lastIndex = 254 * 256 + 255;

/**
 * Thousands of pods behind one listener per port: the address that a connection came to says which pod it is for. Needs
 * the network namespace, where all of 10.244.0.0/16 is local. An address nobody has resets the connection.
 */
export class PodFarm {
  readonly ports: PodPorts;
  readonly #pods = new Map<string, FakePod>();
  #next = firstIndex;
  #listener: { close(): Promise<void> } | undefined;

  private constructor(ports: PodPorts) {
    this.ports = ports;
  }

  static async start(ports: PodPorts = podPorts): Promise<PodFarm> {
    const farm = new PodFarm(ports);
    farm.#listener = await listen("0.0.0.0", ports, (address) => farm.#pods.get(address));
    return farm;
  }

  get pods(): readonly FakePod[] {
    return [...this.#pods.values()];
  }

  at(address: string): FakePod | undefined {
    return this.#pods.get(address);
  }

  /** Puts a pod on the given address, or on the one that has been free for longest. */
  add({ address = this.#allocate(), name = address }: { address?: string; name?: string } = {}): FakePod {
    if (this.#pods.has(address)) throw new Error(`${address} is taken by ${this.#pods.get(address)?.name}`);
    const pod = new FakePod({ address, name });
    this.#pods.set(address, pod);
    return pod;
  }

  /** Ends a pod: its connections are closed and its address is free. */
  remove(pod: FakePod): void {
    if (this.#pods.get(pod.address) === pod) this.#pods.delete(pod.address);
    pod.dropConnections();
  }

  async stop(): Promise<void> {
    await this.#listener?.close();
    this.#pods.clear();
  }

  /** Goes round the whole range, so that an address comes back as late as possible. */
  #allocate(): string {
    for (let tried = firstIndex; tried <= lastIndex; tried += 1) {
      const address = toAddress(this.#next);
      this.#next = this.#next === lastIndex ? firstIndex : this.#next + 1;
      if (!this.#pods.has(address)) return address;
    }
    throw new Error("every pod address is taken");
  }
}
