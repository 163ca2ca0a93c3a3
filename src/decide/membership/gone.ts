/** Reasons of pods that get no traffic and will get none: they are over or on their way out. */
const reasons = new Set(["Terminating", "Failed", "Succeeded"]);

export const isGone = (reason: string): boolean => reasons.has(reason);
