/** How far a simulation is, on a line of stderr that goes away; silent where stderr is no terminal. */
export function openProgress(stream: NodeJS.WriteStream): { show(text: string, share: number): void; close(): void } {
  let shown = "";
  return {
    show(text, share) {
      const line = `${text} ${Math.floor(100 * share)}%`;
      if (!stream.isTTY || line === shown) return;
      shown = line;
      stream.write(`\r\x1b[K${line}`);
    },
    close() {
      if (shown !== "") stream.write("\r\x1b[K");
    },
  };
}
