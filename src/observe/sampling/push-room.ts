/** What stands of one client. */
interface Standing {
  readonly source: string;
  readonly connections: ReadonlyMap<string, number>;
}

/** What stands on one pool. */
interface Page<S extends Standing> {
  readonly counts: number;
  readonly clients: ReadonlyMap<string, S>;
}

/** A report that asks for room. */
interface Newcomer<S extends Standing> {
  readonly pool: string;
  readonly page: Page<S>;
  readonly client: string;
  readonly standing: S;
}

interface Room {
  /** Of one pool. */
  readonly mostClients: number;
  /** Counts that are free, over all pools. */
  readonly spare: number;
}

/** Whose report gives way. */
interface Displaced {
  readonly pool: string;
  readonly client: string;
}

type Measure = (standing: Standing) => number;

const one: Measure = () => 1;
const counts: Measure = ({ connections }) => connections.size;

const greatest = (held: Iterable<readonly [string, number]>): readonly [string, number] =>
  [...held].reduce((most, entry) => (entry[1] > most[1] ? entry : most), ["", 0]);

/**
 * Whose reports have to go for a new one, none if there is room; undefined if there is none to be had. Room is shared by
 * max-min fairness: only who holds more than the newcomer would hold gives up something, so that neither a pool nor a
 * source keeps a smaller one out, nor wins back from it what it gave up.
 */
export function displace<S extends Standing>(
  pages: ReadonlyMap<string, Page<S>>,
  { pool, page, client, standing }: Newcomer<S>,
  { mostClients, spare }: Room,
): readonly Displaced[] | undefined {
  const displaced: Displaced[] = [];
  const gone = new Set<Standing>();
  const freed = new Map<string, number>();
  let free = spare;

  const drop = (from: string, held: Standing): void => {
    gone.add(held);
    freed.set(from, (freed.get(from) ?? 0) + counts(held));
    free += counts(held);
  };
  const left = (name: string, { counts: all }: Page<S>): number => all - (freed.get(name) ?? 0);
  const bySource = ({ clients }: Page<S>, measure: Measure): ReadonlyMap<string, number> => {
    const held = new Map<string, number>();
    for (const other of clients.values())
      if (!gone.has(other)) held.set(other.source, (held.get(other.source) ?? 0) + measure(other));
    return held;
  };
  const giveUp = (from: string, of: Page<S>, source: string, measure: Measure): void => {
    const [name, held] = [...of.clients].find(
      ([, other]) => other.source === source && !gone.has(other) && measure(other) > 0,
    )!;
    drop(from, held);
    displaced.push({ pool: from, client: name });
  };
  /** The source of this pool that holds more than the newcomer's own would hold; undefined if none does. */
  const largerSource = (measure: Measure): string | undefined => {
    const held = bySource(page, measure);
    const [source, most] = greatest(held);
    return most > (held.get(standing.source) ?? 0) + measure(standing) ? source : undefined;
  };

  const known = page.clients.get(client);
  if (known) drop(pool, known);
  else if (page.clients.size >= mostClients) {
    const source = largerSource(one);
    if (source === undefined) return undefined;
    giveUp(pool, page, source, one);
  }
  while (free < counts(standing)) {
    const [name, most] = greatest([...pages].map(([key, other]) => [key, left(key, other)] as const));
    if (most > left(pool, page) + counts(standing)) {
      const from = pages.get(name)!;
      giveUp(name, from, greatest(bySource(from, counts))[0], counts);
    } else {
      const source = largerSource(counts);
      if (source === undefined) return undefined;
      giveUp(pool, page, source, counts);
    }
  }
  return displaced;
}
