/** Who reads the output may leave early, as `head` does, or hang up: that is no failure, and nobody is left to write for. */
export function bearEarlyLeave({ stdout } = process): void {
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || error.code === "EIO") process.exit(0);
    throw error;
  });
}
