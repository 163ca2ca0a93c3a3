/**
 * Whether this Node is at least `least`, as 22.19. If not, it says so on standard error and sets the exit code: better
 * than the error of whatever is missing first. Every Node must be able to run this file.
 */
export function isNodeEnough(program: string, least: string): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split(".").map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return true;
  process.stderr.write(
    `${program} needs Node ${least} or newer; ${process.execPath} is ${process.versions.node}. Put a newer Node first on the PATH.\n`,
  );
  process.exitCode = 1;
  return false;
}
