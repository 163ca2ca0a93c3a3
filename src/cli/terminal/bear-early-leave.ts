/** Who reads the output may leave early, as `head` does: that is no failure, and there is nobody left to write for. */
export function bearEarlyLeave({ stdout } = process): void {
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}
