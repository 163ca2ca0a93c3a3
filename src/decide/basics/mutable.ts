/** A value while it is being made: what it has beside the usual is put in where it is known. */
export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
