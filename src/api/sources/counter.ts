import * as z from "zod";

export const rate = z
  .boolean()
  .optional()
  .describe(
    "True if the figure is a counter. The load is then its growth per second, divided by the capacity, so there is none before the second value. A counter that goes down has been reset.",
  );

/** What is taken off for `minus`, in the words of a source. */
export const minusWords =
  "that is subtracted. For example, calls that ended are subtracted from calls that began. The difference is never less than 0.";

export const notBoth = {
  cel: "!(has(self.rate) && self.rate && has(self.minus))",
  message: "rate and minus exclude each other",
  holds: ({ rate: isRate, minus }: { rate?: boolean | undefined; minus?: string | undefined }) =>
    !(isRate && minus !== undefined),
};
