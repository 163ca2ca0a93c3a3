import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

/** The value of a variable; undefined where it is empty. */
export const fromEnvironment = (name: string): string | undefined => process.env[name] || undefined;

/** A name for this process that no other and no earlier life of it has. */
export const uniqueIdentity = (name: string | undefined): string =>
  `${name ?? hostname()}_${randomBytes(4).toString("hex")}`;

/** By which proxies servers are reached, in the variables that everybody reads; those in capitals go before. */
export const proxySettings = () => ({
  httpsProxy: fromEnvironment("HTTPS_PROXY") ?? fromEnvironment("https_proxy"),
  httpProxy: fromEnvironment("HTTP_PROXY") ?? fromEnvironment("http_proxy"),
  noProxy: fromEnvironment("NO_PROXY") ?? fromEnvironment("no_proxy"),
});

/** Folders in which programs are looked for, as the system lists them. */
export const programFolders = (): string => fromEnvironment("PATH") ?? "";

/** All of it, for programs that are started. */
export const wholeEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env });

/** For libraries that read nothing else when they are loaded. */
export function setInEnvironment(name: string, value: string): void {
  process.env[name] = value;
}

/** Whether a failure should be told with its stack. */
export const wantsStack = (): boolean => fromEnvironment("EVENKEEL_DEBUG") !== undefined;

/** Whether colours are wanted (https://no-color.org). */
export const wantsColor = (): boolean => fromEnvironment("NO_COLOR") === undefined;

/** Whether somebody sits at a screen where windows can be opened; macOS and Windows always have one. */
export const hasDesktop = (): boolean =>
  process.platform !== "linux" ||
  fromEnvironment("DISPLAY") !== undefined ||
  fromEnvironment("WAYLAND_DISPLAY") !== undefined;
