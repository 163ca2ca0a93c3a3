import { createBreathe } from "../../breathe.ts";
import type { PlannedEndpoint } from "../../decide/planned.ts";
import type { FeedEntry } from "../feed.ts";
import { writeYaml } from "../yaml.ts";
import { describePool, type TellingTime, toDial } from "./describe-pool.ts";

/**
 * Documents of pools as JSON in UTF-8, in pieces. What readers have in common is written and encoded once for all of
 * them. With a client's list if there is one. Ages may be wrong by a few milliseconds.
 */
export interface PoolTexts {
  document(entry: FeedEntry, list?: readonly PlannedEndpoint[]): readonly Buffer[];
  /** The document as YAML, in which ages may be wrong by some ten times as much. Written a few milliseconds at a time. */
  yaml(entry: FeedEntry): Promise<Buffer>;
  /** The document as a Server-Sent Event. */
  event(entry: FeedEntry, list?: readonly PlannedEndpoint[]): readonly Buffer[];
}

/** An event with a document in it, and where the document lies. */
interface Shared {
  readonly at: number;
  /** For so long others get it, too. */
  readonly standsMs: number;
  readonly event: Buffer;
  readonly begin: number;
  readonly end: number;
}

/** A document as YAML, for people. */
interface SharedYaml extends Pick<Shared, "at" | "standsMs"> {
  readonly text: Promise<Buffer>;
}

/**
 * Ages in a document may be wrong by so many milliseconds, so that many readers share its text: by more in a large one, as
 * writing it takes longer.
 */
const shared = { leastMs: 20, bytesPerMs: 10_000 };

/** YAML takes several times as long to write as JSON, and is shared for so many times as long. */
const yamlFactor = 10;

const eventEnd = "\n\n";

export const frame = (event: string, data: string, id?: string): string =>
  `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}${eventEnd}`;

export function createPoolTexts(time: () => TellingTime): PoolTexts {
  const written = new WeakMap<FeedEntry, Shared>();
  const yamls = new WeakMap<FeedEntry, SharedYaml>();
  const dials = new WeakMap<PlannedEndpoint, string>();
  const breathe = createBreathe();

  function sharedOf(entry: FeedEntry): Shared {
    const telling = time();
    const at = telling.now;
    const known = written.get(entry);
    if (known && Math.abs(at - known.at) <= known.standsMs) return known;
    const text = JSON.stringify(describePool(entry, telling));
    const event = Buffer.from(frame("pool", text, entry.version));
    const end = event.length - eventEnd.length;
    const standsMs = Math.max(shared.leastMs, event.length / shared.bytesPerMs);
    const made = { at, standsMs, event, begin: end - Buffer.byteLength(text), end };
    written.set(entry, made);
    return made;
  }

  async function yamlOf(json: string): Promise<Buffer> {
    await breathe();
    const pieces: string[] = [];
    for (const piece of writeYaml(JSON.parse(json))) {
      pieces.push(piece);
      const rest = breathe();
      if (rest) await rest;
    }
    return Buffer.from(pieces.join(""));
  }

  function dialOf(endpoint: PlannedEndpoint): string {
    const known = dials.get(endpoint);
    if (known !== undefined) return known;
    const text = JSON.stringify(toDial(endpoint));
    dials.set(endpoint, text);
    return text;
  }

  /** The list as the last field of a document whose closing brace it takes along. */
  const listed = (list: readonly PlannedEndpoint[], after: string): Buffer =>
    Buffer.from(`,"list":[${list.map(dialOf).join()}]}${after}`);

  return {
    yaml(entry) {
      const known = yamls.get(entry);
      if (known && Math.abs(time().now - known.at) <= known.standsMs) return known.text;
      const { at, standsMs, event, begin, end } = sharedOf(entry);
      const text = yamlOf(event.toString("utf8", begin, end));
      yamls.set(entry, { at, standsMs: yamlFactor * standsMs, text });
      return text;
    },
    document(entry, list) {
      const { event, begin, end } = sharedOf(entry);
      return list ? [event.subarray(begin, end - 1), listed(list, "")] : [event.subarray(begin, end)];
    },
    event(entry, list) {
      const { event, end } = sharedOf(entry);
      return list ? [event.subarray(0, end - 1), listed(list, eventEnd)] : [event];
    },
  };
}
