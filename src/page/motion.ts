import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Lets the rows of a table glide to their new places, so that the eye can follow; at once for those who want no motion. */
export function useGlide(body: RefObject<HTMLTableSectionElement | null>): void {
  const tops = useRef(new Map<Element, number>());
  useLayoutEffect(() => {
    const rows = [...(body.current?.rows ?? [])];
    for (const row of still.matches ? [] : rows) {
      const before = tops.current.get(row);
      if (before === undefined || before === row.offsetTop) continue;
      row.animate([{ transform: `translateY(${before - row.offsetTop}px)` }, { transform: "none" }], {
        duration: 240,
        easing: "ease-out",
      });
    }
    tops.current = new Map(rows.map((row) => [row, row.offsetTop]));
  });
}
