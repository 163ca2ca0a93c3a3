import type { FollowerRecord, Followers } from "../followers.ts";

interface Asker {
  readonly following: FollowerRecord;
  askedAt: number;
}

/** Who has not asked for so long follows no more. */
const keptMs = 60_000;
const mostKept = 1_000;

/** Who asks for which pool. A proxy opens a stream for each request and holds none between them. */
export interface Askers {
  asked(client: string, key: string, version: string): void;
  end(): void;
}

export function createAskers(followers: Followers, now: () => number = () => performance.now()): Askers {
  const askers = new Map<string, Asker>();

  function forget(isOver: (asker: Asker) => boolean): void {
    for (const [id, asker] of askers) {
      if (!isOver(asker)) continue;
      asker.following.end();
      askers.delete(id);
    }
  }

  const sweep = setInterval(() => forget(({ askedAt }) => now() - askedAt > keptMs), keptMs / 4).unref();

  return {
    asked(client, key, version) {
      const id = `${client} ${key}`;
      let asker = askers.get(id);
      if (!asker) {
        if (askers.size >= mostKept) return;
        asker = { following: followers.follow("extproc", client, key), askedAt: 0 };
        askers.set(id, asker);
      }
      asker.askedAt = now();
      asker.following.took(version);
    },
    end() {
      clearInterval(sweep);
      forget(() => true);
    },
  };
}
