import type { FollowerRecord, Followers } from "../followers.ts";

interface RecentClient {
  readonly following: FollowerRecord;
  askedAt: number;
}

/** Who has not asked for so long follows no more. */
const keptMs = 60_000;
const mostKept = 1_000;

/** Who asks for which pool. A proxy opens a stream for each request and holds none between them. */
export interface RecentClients {
  asked(client: string, key: string, version: string): void;
  end(): void;
}

export function createRecentClients(followers: Followers, now: () => number = () => performance.now()): RecentClients {
  const recent = new Map<string, RecentClient>();

  function forget(isOver: (known: RecentClient) => boolean): void {
    for (const [id, known] of recent) {
      if (!isOver(known)) continue;
      known.following.end();
      recent.delete(id);
    }
  }

  const sweep = setInterval(() => forget(({ askedAt }) => now() - askedAt > keptMs), keptMs / 4).unref();

  return {
    asked(client, key, version) {
      const id = `${client} ${key}`;
      let known = recent.get(id);
      if (!known) {
        if (recent.size >= mostKept) return;
        known = { following: followers.follow("extproc", client, key), askedAt: 0 };
        recent.set(id, known);
      }
      known.askedAt = now();
      known.following.took(version);
    },
    end() {
      clearInterval(sweep);
      forget(() => true);
    },
  };
}
