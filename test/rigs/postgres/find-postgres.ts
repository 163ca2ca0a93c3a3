import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** PostgreSQL's programs, and who runs them: the server refuses to be root. */
export interface Postgres {
  readonly bin: string;
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

/** Where Debian puts the versions, each in a folder of its own and none on PATH. */
const versions = "/usr/lib/postgresql";

function findBin(): string | undefined {
  const found = existsSync(versions) ? readdirSync(versions) : [];
  return found
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(versions, version, "bin"))
    .find((bin) => existsSync(join(bin, "initdb")) && existsSync(join(bin, "postgres")));
}

/** Somebody other than root, if this process may become one. */
function findUser(): Postgres["user"] {
  const accounts = readFileSync("/etc/passwd", "utf8").split("\n");
  const line = ["postgres", "nobody"].flatMap((name) => accounts.filter((entry) => entry.startsWith(`${name}:`)))[0];
  const [, , uid, gid] = (line ?? "").split(":").map(Number);
  if (!uid || !gid) return undefined;
  return spawnSync("true", { uid, gid }).status === 0 ? { uid, gid } : undefined;
}

/** PostgreSQL as this machine has it and this process can run it. */
export function findPostgres(): Postgres | undefined {
  const bin = findBin();
  if (bin === undefined) return undefined;
  if (process.getuid?.() !== 0) return { bin, user: undefined };
  const user = findUser();
  return user && { bin, user };
}
