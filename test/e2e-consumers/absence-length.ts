export const minutesVariable = "EVENKEEL_CONSUMER_MINUTES";

/** How long consumers are without the operator. */
export const absenceMs = (): number => Number(process.env[minutesVariable] ?? 10) * 60_000;
