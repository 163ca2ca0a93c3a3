const digits = 1e9;

/** Without what floating point adds, or takes away, in the tenth decimal. */
export const rounded = (value: number): number => Math.round(value * digits) / digits;
