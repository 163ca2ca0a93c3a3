import { readFile } from "node:fs/promises";

/** How long what a file held before is still used. */
const freshMs = 5_000;

/** What a file holds, read again when it may have changed, as a mounted Secret does. */
export interface FreshFile<T> {
  /** As it was read last; what cannot be read, or is of no use, changes nothing. */
  current(): Promise<T>;
}

export interface FileHooks {
  /** Hears why a file could not be read again. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Rejects where the file is of no use at the start. `read` makes of its text what is used, or throws. */
export async function openFreshFile<T>(
  file: string,
  read: (text: string) => T,
  { now = () => performance.now(), onError }: FileHooks,
): Promise<FreshFile<T>> {
  let text = await readFile(file, "utf8");
  let held = read(text);
  let readAt = now();
  return {
    async current() {
      if (now() - readAt < freshMs) return held;
      readAt = now();
      try {
        const next = await readFile(file, "utf8");
        if (next !== text) held = read(next);
        text = next;
      } catch (error) {
        onError(error);
      }
      return held;
    },
  };
}
