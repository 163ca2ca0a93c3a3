/**
 * Pours `amount` over vessels that are filled up to `heights` and are `widths` wide, and says how high it stands:
 * the sum of max(0, width * (level - height)) is `amount`.
 */
export function waterLevel(amount: number, heights: Float64Array, widths?: Float64Array): number {
  let level = Number.POSITIVE_INFINITY;
  let below = heights.length + 1;
  // What stands out of the water is left out and the water falls, until nothing more stands out.
  for (;;) {
    let content = amount;
    let width = 0;
    let count = 0;
    for (let vessel = 0; vessel < heights.length; vessel += 1) {
      const height = heights[vessel]!;
      if (height > level) continue;
      const size = widths === undefined ? 1 : widths[vessel]!;
      content += size * height;
      width += size;
      count += 1;
    }
    if (count === 0 || count === below) return level;
    below = count;
    level = content / width;
  }
}
