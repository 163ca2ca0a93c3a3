/** A wall-clock time as Kubernetes' MicroTime, which must have exactly six digits of fraction. */
export const microTime = (epochMs: number): string => new Date(epochMs).toISOString().replace("Z", "000Z");
