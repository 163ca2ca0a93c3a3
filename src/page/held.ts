import { useRef, useState } from "preact/hooks";
import { heldOrder } from "./held-order.ts";

/** What holds an order: a mouse over it, or the keyboard's focus in it. A finger points at nothing. */
interface Holding {
  readonly onPointerEnter: (event: PointerEvent) => void;
  readonly onPointerLeave: () => void;
  readonly onFocusCapture: (event: FocusEvent) => void;
  readonly onBlurCapture: () => void;
}

/**
 * Keeps things in their places while somebody points at them, so that no other slips under the pointer. `by` says what the
 * order is by: when that changes, somebody has asked for another one.
 */
export function useHeldOrder(wanted: readonly string[], by = "") {
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  const shown = useRef<{ readonly by: string; readonly order: readonly string[] }>({ by, order: wanted });
  const holds = (pointed || focused) && shown.current.by === by;
  const order = holds ? heldOrder(shown.current.order, wanted) : wanted;
  shown.current = { by, order };
  const holding: Holding = {
    onPointerEnter: ({ pointerType }) => setPointed(pointerType === "mouse"),
    onPointerLeave: () => setPointed(false),
    onFocusCapture: ({ target }) => setFocused((target as Element).matches(":focus-visible")),
    onBlurCapture: () => setFocused(false),
  };
  return { order, holds, isHeld: order.some((key, place) => key !== wanted[place]), holding };
}
