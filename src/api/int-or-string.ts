import * as z from "zod";

/** As the API server says it of a field that takes a text and a whole number, too. */
export const intOrString = "x-kubernetes-int-or-string";

/**
 * A text that is often a number, which people write without quotes: whole numbers are taken as their text. The API
 * server holds no pattern against a number, so that a rule has to.
 */
export const textOrInteger = <S extends z.ZodType<string>>(text: S) =>
  z.preprocess((given) => (Number.isSafeInteger(given) ? String(given) : given), text).meta({ [intOrString]: true });
