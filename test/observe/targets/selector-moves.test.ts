import { beforeEach, describe, expect, test } from "vitest";
import { SelectorMoves } from "../../../src/observe/targets/selector-moves.ts";

const pool = "shop/web";
const usual = { target: "uid-1", selector: "hash=a", mayMove: true, askedAt: 0 };

describe("a pool whose selector matches no ready pod", () => {
  let now = 0;
  let hurried = 0;
  let moves = new SelectorMoves(() => now);
  const hurry = () => {
    hurried += 1;
  };
  const judge = (changes: Partial<typeof usual> = {}, hasReady = false, wasPublished = false) =>
    moves.judge(pool, { ...usual, ...changes }, hasReady, { wasPublished, hurry });

  beforeEach(() => {
    now = 0;
    hurried = 0;
    moves = new SelectorMoves(() => now);
  });

  test("has nothing to keep where it never did", () => {
    expect(judge()).toEqual({ keeps: false });
    expect(hurried).toBe(0);
  });

  test("has the selector read once, and keeps what is published until the answer is there", () => {
    judge({}, true);
    now = 1_000;
    expect(judge()).toEqual({ keeps: true, waitMs: 300 });
    now = 1_100;
    expect(judge({ askedAt: 990 })).toEqual({ keeps: true, waitMs: 200 });
    // An answer that does not come leaves what lives, and the rest goes.
    now = 5_000;
    expect(judge({ askedAt: 990 })).toEqual({ keeps: true });
    expect(hurried).toBe(1);
    expect(judge({ askedAt: 1_001 })).toEqual({ keeps: false });
  });

  test("keeps it for as long as the selector has moved, and until that matches one", () => {
    judge({}, true);
    now = 1_000;
    const moved = { selector: "hash=b", askedAt: 1_000 };
    expect(judge(moved)).toEqual({ keeps: true });
    now = 1_000_000;
    expect(judge(moved)).toEqual({ keeps: true });
    expect(judge(moved, true)).toEqual({ keeps: false });
    expect(judge({ ...moved, askedAt: now - 1 })).toEqual({ keeps: true, waitMs: 300 });
  });

  test("keeps what it finds published after a restart, if that was this target's", () => {
    expect(judge({}, false, true)).toEqual({ keeps: true });
    moves.forget(pool);
    expect(judge({ mayMove: false }, false, true)).toEqual({ keeps: false });
  });

  test("keeps nothing of another target, nor of one whose selector cannot move", () => {
    judge({}, true);
    expect(judge({ target: "uid-2", selector: "hash=b" })).toEqual({ keeps: false });
    judge({ mayMove: false }, true);
    expect(judge({ mayMove: false })).toEqual({ keeps: false });
    expect(hurried).toBe(0);
  });
});
