import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isInstalled } from "./problems.ts";
import { ProgramError, runProgram } from "./run-program.ts";

/** What Node's binary is linked to, and the files that say which Debian this is. */
const packages = ["base-files", "libc6", "libgcc-s1", "libstdc++6", "libatomic1"];

const node = join(import.meta.dirname, "..", "..", "node_modules", "node", "bin", "node");

/** Parts of those packages that nothing in the image reads: character sets, translations, manuals, vector arithmetic. */
const unread = [
  "{,usr/}lib/*/libmvec.so.*",
  "etc/apt",
  "etc/update-motd.d",
  "usr/lib/*/gconv",
  "usr/lib/*/audit",
  "usr/share/base-files",
  "usr/share/bug",
  "usr/share/doc/*/!(copyright)",
  "usr/share/gcc",
  "usr/share/gdb",
  "usr/share/info",
  "usr/share/lintian",
  "usr/share/locale",
  "usr/share/man",
  "var/backups",
];

const passwd = `root:x:0:0:root:/root:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
`;
const group = `root:x:0:
nonroot:x:65532:
`;

/** Downloads with the keys, mirrors and versions of this machine's apt. */
async function download(folder: string): Promise<string[]> {
  const get = () => runProgram("apt-get", ["download", "-q", ...packages], { cwd: folder });
  await get().catch(async (error: unknown) => {
    // A machine that never looked at its mirrors knows no package.
    if (!(error instanceof ProgramError)) throw error;
    await runProgram("apt-get", ["update", "-q"]);
    await get();
  });
  return (await readdir(folder)).filter((name) => name.endsWith(".deb")).map((name) => join(folder, name));
}

/** Unpacks a package without running anything of it, and leaves the record by which scanners know it. */
async function unpack(deb: string, root: string): Promise<void> {
  await runProgram("dpkg-deb", ["--extract", deb, root]);
  const control = await runProgram("dpkg-deb", ["--field", deb]);
  const name = /^Package: (.+)$/m.exec(control)![1]!;
  await writeFile(join(root, "var", "lib", "dpkg", "status.d", name), control);
}

async function addNode(root: string): Promise<void> {
  const target = join(root, "nodejs", "bin", "node");
  await mkdir(join(root, "nodejs", "bin"), { recursive: true });
  // Symbols are a seventh of it.
  await runProgram("strip", ["-o", target, node]).catch(() => copyFile(node, target));
  await chmod(target, 0o755);
}

async function fill(root: string, debs: readonly string[]): Promise<void> {
  await mkdir(join(root, "var", "lib", "dpkg", "status.d"), { recursive: true });
  // base-files first: in a Debian with one /usr it makes the links that the others unpack into.
  for (const deb of debs.toSorted((a, b) => Number(b.includes("base-files")) - Number(a.includes("base-files")))) {
    await unpack(deb, root);
  }
  await runProgram("bash", ["-O", "extglob", "-O", "nullglob", "-c", `rm -rf ${unread.join(" ")}`], { cwd: root });
  await addNode(root);
  await mkdir(join(root, "etc"), { recursive: true });
  await writeFile(join(root, "etc", "passwd"), passwd);
  await writeFile(join(root, "etc", "group"), group);
  await writeFile(join(root, "etc", "nsswitch.conf"), "hosts: files dns\n");
  await chmod(root, 0o755);
}

/** Whether this machine has what makes one. */
export async function canMakeLocalBase(): Promise<boolean> {
  return (await isInstalled("apt-get")) && (await isInstalled("dpkg-deb"));
}

/**
 * Makes a base like distroless where no image registry answers: Node and the Debian packages that it needs, without a
 * shell. Needs a Debian with apt, and brings the name of the image, which is reused while Node stays the same.
 */
export async function makeLocalBase(): Promise<string> {
  const version = (await runProgram(node, ["--version"])).trim().slice(1);
  const tag = `local/evenkeel-base:node-${version}`;
  if ((await runProgram("docker", ["images", "-q", tag])).trim()) return tag;
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-base-"));
  try {
    const root = join(folder, "root");
    await mkdir(root);
    // apt downloads as a user of its own where it can.
    await chmod(folder, 0o777);
    await fill(root, await download(folder));
    const archive = join(folder, "root.tar");
    const reproducible = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
    await runProgram("tar", [...reproducible, "-C", root, "-cf", archive, "."]);
    await runProgram("docker", ["import", "-c", "USER 65532:65532", archive, tag]);
    await runProgram("docker", ["run", "--rm", "--network", "none", tag, "/nodejs/bin/node", "--version"]);
    return tag;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
