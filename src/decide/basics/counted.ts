/** How many, in words: `1 pod`, `2 pods`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** The same as what a sentence is about: `1 pod is`, `2 pods are`. */
export const countedIs = (count: number, noun: string): string =>
  `${counted(count, noun)} ${count === 1 ? "is" : "are"}`;
