import * as z from "zod";

export const rate = z
  .boolean()
  .optional()
  .describe(
    "The figure is a counter. The load is its growth per second, divided by the capacity. A counter that goes down has been reset. There is no load before its second value.",
  );

/** What is taken off for `minus`, in the words of a source. */
export const minusWords =
  "of what is taken off, such as the calls that have ended from those that have begun. Never less than 0 is left.";

export const notBoth = {
  cel: "!(has(self.rate) && self.rate && has(self.minus))",
  message: "rate and minus exclude each other",
  holds: ({ rate: isRate, minus }: { rate?: boolean | undefined; minus?: string | undefined }) =>
    !(isRate && minus !== undefined),
};
