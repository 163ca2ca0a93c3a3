import * as z from "zod";

export const text = (description: string, value = "") => z.string().default(value).describe(description);
export const onOff = (description: string, value: boolean) => z.boolean().default(value).describe(description);
export const texts = (description: string, value: Record<string, string> = {}) =>
  z.record(z.string(), z.string()).default(value).describe(description);

/** What Kubernetes defines and we pass on as it is. */
export const passedOn = (description: string, value: Record<string, unknown> = {}) =>
  z.record(z.string(), z.unknown()).default(value).describe(description);
export const listPassedOn = (description: string) =>
  z.array(z.record(z.string(), z.unknown())).default([]).describe(description);

export const group = <Shape extends z.ZodRawShape>(description: string, shape: Shape) =>
  z
    .strictObject(shape)
    .describe(description)
    .prefault({} as never);

export const port = z.int().min(1).max(65_535);

/** A time, as the operator's flags have it. */
export const time = (description: string, value: string) =>
  z
    .string()
    .regex(/^[1-9][0-9]{0,5}(ms|s|m|h)$/)
    .default(value)
    .describe(description);

/** The name of an object, or none. */
export const name = (description: string, value = "") =>
  z
    .string()
    .regex(/^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$/)
    .default(value)
    .describe(description);
