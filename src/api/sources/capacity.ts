import * as z from "zod";
import { textOrInteger } from "../int-or-string.ts";
import { withRules } from "../rules.ts";

const capacityWords = 'must be a whole number, or a decimal in quotes, such as "1.5"';

/** The reading that is 100 %: whole, or a decimal in text, as the API conventions allow no floats in spec. */
export const capacity = withRules(
  textOrInteger(
    z
      .string(capacityWords)
      .max(22)
      .regex(/^(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?$/, capacityWords),
  )
    .prefault("100")
    .transform(Number),
  "The value that means 100 % load: 100 if the pod reports percent, 1 if it reports a share, 200 if it reports connections and holds at most 200. If the load is a rate, this is the growth per second at full load. Put a decimal in quotes: '0.8'.",
  [
    { cel: "double(self) > 0.0", message: "must be greater than zero", holds: (value) => value > 0 },
    {
      cel: "double(self) < 1000000000000000.0",
      message: "must be less than 1000000000000000",
      holds: (value) => value < 1e15,
    },
  ],
);
