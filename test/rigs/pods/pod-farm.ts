import { FakePod } from "./fake-pod.ts";
import type { PodPorts } from "./pod-listener.ts";
import { listen, listenAlone, podPorts } from "./pod-listener.ts";

const firstIndex = 2;
const lastIndex = 254 * 256 + 255;
/** The second bytes of loopback addresses that farms take their range by; those below are the embedded cluster's pods'. */
const loopbackRanges = { first: 192, count: 63 };

interface Listening {
  close(): Promise<void>;
}

/** Where the pods of a farm live: a network of 16 bits, by its first two bytes. */
interface Place {
  readonly network: string;
  readonly ports: PodPorts;
}

/**
 * Thousands of pods, each with an address of its own. An address nobody has resets or refuses the connection.
 *
 * In the network namespace of the tests, where all of 10.244.0.0/16 is local, there is one listener per port: the address
 * that a connection came to says which pod it is for. On loopback, which other processes use as well, each pod listens by
 * itself, in a range that no other farm has.
 */
export class PodFarm {
  readonly ports: PodPorts;
  readonly #network: string;
  readonly #pods = new Map<string, FakePod>();
  /** By pods that listen by themselves; undefined where one listens for all. */
  readonly #listening: Map<FakePod, Promise<Listening>> | undefined;
  #next = firstIndex;
  #listener: Listening | undefined;

  private constructor({ network, ports }: Place, listening?: Map<FakePod, Promise<Listening>>) {
    this.#network = network;
    this.ports = ports;
    this.#listening = listening;
  }

  static async start(ports: PodPorts = podPorts): Promise<PodFarm> {
    const farm = new PodFarm({ network: "10.244", ports });
    farm.#listener = await listen("0.0.0.0", ports, (address) => farm.#pods.get(address));
    return farm;
  }

  /** On any machine that has the whole of 127.0.0.0/8, as Linux does. */
  static async startOnLoopback(ports: PodPorts = podPorts): Promise<PodFarm> {
    const { first, count } = loopbackRanges;
    for (let tried = 0; tried < count; tried += 1) {
      const network = `127.${first + ((process.pid + tried) % count)}`;
      const farm = new PodFarm({ network, ports }, new Map());
      try {
        // Whoever listens at its first address has a range.
        farm.#listener = await listen(`${network}.0.1`, ports, () => undefined);
        return farm;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      }
    }
    throw new Error(`no range of loopback addresses has the ports ${Object.values(ports).join(" and ")} free`);
  }

  get pods(): readonly FakePod[] {
    return [...this.#pods.values()];
  }

  at(address: string): FakePod | undefined {
    return this.#pods.get(address);
  }

  /** Puts a pod on the given address, or on the one that has been free for longest. */
  add({ address = this.allocate(), name = address }: { address?: string; name?: string } = {}): FakePod {
    if (this.#pods.has(address)) throw new Error(`${address} is taken by ${this.#pods.get(address)?.name}`);
    const pod = new FakePod({ address, name });
    this.#pods.set(address, pod);
    this.#listening?.set(pod, listenAlone(pod, this.ports));
    return pod;
  }

  /** Ends a pod: its connections are closed and its address is free. */
  remove(pod: FakePod): void {
    if (this.#pods.get(pod.address) === pod) this.#pods.delete(pod.address);
    void this.#close(pod);
    pod.dropConnections();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#listener?.close(), ...this.pods.map((pod) => this.#close(pod))]);
    this.#pods.clear();
  }

  async #close(pod: FakePod): Promise<void> {
    const listening = this.#listening?.get(pod);
    this.#listening?.delete(pod);
    await (await listening)?.close();
  }

  /** An address that no pod has. Goes round the whole range, so that one comes back as late as possible. */
  allocate(): string {
    for (let tried = firstIndex; tried <= lastIndex; tried += 1) {
      const address = `${this.#network}.${this.#next >> 8}.${this.#next & 255}`;
      this.#next = this.#next === lastIndex ? firstIndex : this.#next + 1;
      if (!this.#pods.has(address)) return address;
    }
    throw new Error("every pod address is taken");
  }
}
