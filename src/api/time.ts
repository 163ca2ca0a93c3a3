/** A Kubernetes time (RFC 3339, whole seconds or finer) from Unix milliseconds. */
export const toTime = (unixMs: number): string => new Date(unixMs).toISOString();

/** Unix milliseconds of a Kubernetes time. */
export const parseTime = (text: string): number => Date.parse(text);
