import { arrow, box, drawing, type Mark, type Tone, write } from "../svg.ts";

interface Lane {
  readonly gets: string;
  readonly tone: Tone;
  readonly names: readonly string[];
  readonly effect: string;
}

const lanes: readonly Lane[] = [
  {
    gets: "who is ready",
    tone: "plain",
    names: ["any Service (kube-proxy)", "ingress controllers"],
    effect: "balances connections that last",
  },
  {
    gets: "and weights",
    tone: "strong",
    names: ["Envoy, gRPC, HAProxy", "Cilium, Istio"],
    effect: "balances every request",
  },
  {
    gets: "and the order",
    tone: "good",
    names: ["Endpoint Picker", "HTTP clients, JavaScript"],
    effect: "picks the best pod, then the next",
  },
];

const laneAt = ({ gets, tone, names, effect }: Lane, place: number): Mark => {
  const y = 54 + 84 * place;
  return [
    arrow([
      { x: 154, y: 166 },
      { x: 196, y: 166 },
      { x: 196, y: y + 30 },
      { x: 232, y: y + 30 },
    ]),
    box({ x: 234, y: y + 6, width: 130, height: 48 }, gets, [], tone),
    arrow([
      { x: 364, y: y + 30 },
      { x: 400, y: y + 30 },
    ]),
    box({ x: 402, y, width: 212, height: 60 }, names[0]!, names.slice(1), tone),
    write(effect, { at: { x: 630, y: y + 35 }, tone: "quiet", as: "small" }),
  ].join("\n");
};

/** What each kind of consumer honours. */
export const consumers = (): string =>
  drawing("Consumers", 860, 316, [
    write("takes", { at: { x: 299, y: 36 }, anchor: "middle", tone: "quiet", as: "small" }),
    write("consumer", { at: { x: 508, y: 36 }, anchor: "middle", tone: "quiet", as: "small" }),
    write("what that does", { at: { x: 630, y: 36 }, tone: "quiet", as: "small" }),
    box({ x: 24, y: 134, width: 130, height: 64 }, "pool", ["decides"]),
    ...lanes.map(laneAt),
  ]);
