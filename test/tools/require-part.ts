import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Whether a test can have a part that not every machine has; the test skips itself, with the part in its name, when not.
 * With `EVENKEEL_REQUIRE=all`, as CI sets it, a missing part fails the file instead.
 */
export function requirePart(name: string, present: boolean): boolean {
  if (!present && process.env.EVENKEEL_REQUIRE === "all") {
    throw new Error(`${name} is missing, and EVENKEEL_REQUIRE=all says that every part must be there`);
  }
  return present;
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of a program that PATH leads to. */
export function findProgram(name: string, path = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}
