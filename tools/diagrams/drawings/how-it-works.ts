import { arrow, box, drawing, rectangle, write } from "../svg.ts";

const pods = [0, 1, 2].map((place) => box({ x: 24, y: 76 + 62 * place, width: 120, height: 48 }, "pod", ["/metrics"]));

/** From the pods' numbers to what carries the traffic. */
export const howItWorks = (): string =>
  drawing("How it works", 850, 380, [
    write("Pods", { at: { x: 84, y: 36 }, anchor: "middle", as: "title" }),
    write("report their numbers", { at: { x: 84, y: 56 }, anchor: "middle", tone: "quiet", as: "small" }),
    ...pods,
    arrow([
      { x: 148, y: 162 },
      { x: 246, y: 162 },
    ]),
    write(["samples,", "each second"], { at: { x: 197, y: 132 }, anchor: "middle", tone: "quiet", as: "small" }),

    rectangle({ x: 250, y: 64, width: 286, height: 206 }, "out", 10),
    write("Operator", { at: { x: 393, y: 36 }, anchor: "middle", as: "title" }),
    write("every replica decides, the leader writes", {
      at: { x: 393, y: 56 },
      anchor: "middle",
      tone: "quiet",
      as: "small",
    }),
    box({ x: 268, y: 134, width: 96, height: 56 }, "observe", ["what is so"]),
    arrow([
      { x: 364, y: 162 },
      { x: 396, y: 162 },
    ]),
    box({ x: 398, y: 134, width: 124, height: 56 }, "decide", ["what should be"], "strong"),
    arrow([
      { x: 460, y: 134 },
      { x: 460, y: 116 },
    ]),
    box({ x: 398, y: 76, width: 124, height: 38 }, "serve"),
    arrow([
      { x: 460, y: 190 },
      { x: 460, y: 218 },
    ]),
    box({ x: 398, y: 220, width: 124, height: 38 }, "act"),

    write("Consumers", { at: { x: 742, y: 36 }, anchor: "middle", as: "title" }),
    write("carry the traffic", { at: { x: 742, y: 56 }, anchor: "middle", tone: "quiet", as: "small" }),
    arrow([
      { x: 522, y: 95 },
      { x: 656, y: 95 },
    ]),
    write("xDS, HTTP …", { at: { x: 597, y: 86 }, anchor: "middle", tone: "quiet", as: "small" }),
    box({ x: 658, y: 68, width: 168, height: 54 }, "proxies and clients", ["order and weights"]),
    arrow([
      { x: 522, y: 231 },
      { x: 656, y: 231 },
    ]),
    write("EndpointSlices", { at: { x: 597, y: 222 }, anchor: "middle", tone: "quiet", as: "small" }),
    box({ x: 658, y: 204, width: 168, height: 54 }, "any Service", ["who is ready"]),

    arrow([
      { x: 460, y: 258 },
      { x: 460, y: 306 },
    ]),
    write("scale", { at: { x: 470, y: 292 }, tone: "quiet", as: "small" }),
    box({ x: 376, y: 308, width: 168, height: 48 }, "Deployment", ["or anything with scale"]),
    arrow([
      { x: 376, y: 332 },
      { x: 84, y: 332 },
      { x: 84, y: 256 },
    ]),
    write("adds and removes pods", { at: { x: 230, y: 324 }, anchor: "middle", tone: "quiet", as: "small" }),
  ]);
