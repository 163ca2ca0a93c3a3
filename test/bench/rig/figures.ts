/** Every figure under a name that stays. */
export type Figures = Readonly<Record<string, string | number>>;
