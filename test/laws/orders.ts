import fc from "fast-check";

/** A list, and the same list in another order. */
export const inAnyOrder = <T>(lists: fc.Arbitrary<readonly T[]>): fc.Arbitrary<[readonly T[], readonly T[]]> =>
  lists.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length })),
  );
