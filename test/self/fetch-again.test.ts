import { expect, test } from "vitest";
import { fetchAgain } from "../tools/fetch-again.ts";

/** Refuses so many requests before it takes one. */
function registry(refusals: number) {
  let asked = 0;
  const fetchOnce = async () => {
    asked += 1;
    if (asked <= refusals) throw new Error(`refused request ${asked}`);
  };
  return { fetchOnce, asked: () => asked };
}

test("what is fetched at once is fetched once", async () => {
  const { fetchOnce, asked } = registry(0);
  await fetchAgain(fetchOnce, [1, 1]);
  expect(asked()).toBe(1);
});

test("what is refused is fetched again, until it comes", async () => {
  const { fetchOnce, asked } = registry(2);
  await fetchAgain(fetchOnce, [1, 1]);
  expect(asked()).toBe(3);
});

test("what never comes fails as it failed last", async () => {
  const { fetchOnce, asked } = registry(9);
  await expect(fetchAgain(fetchOnce, [1, 1])).rejects.toThrow("refused request 3");
  expect(asked()).toBe(3);
});
