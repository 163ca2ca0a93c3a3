/**
 * A script for `sh` that becomes a program which does not outlive this process, be that killed. The program leads a session
 * of its own, if spawned detached, so that a signal reaches all of it and the terminal's none. Beside it waits a shell for
 * our end of a pipe, its file 3, to close, and then kills the session. `program` is in the words of `sh`.
 */
export const tethered = (program: string): string =>
  `(trap '' TERM INT HUP; cat <&3; kill -KILL 0) >/dev/null 2>&1 & exec ${program} 3<&-`;
