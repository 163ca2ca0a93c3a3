import type { Example } from "../program.ts";

/** Of each command that takes more than its name says. */
export const examples = {
  init: [
    { args: "init deployment/checkout", does: "Watch the pods for ten seconds, and print a pool" },
    { args: "init deployment/checkout --observe 2m --apply", does: "Watch them under real load, and apply the pool" },
    { args: "init hpa/checkout -n shop", does: "Translate an autoscaler into a pool" },
  ],
  check: [
    { args: "check checkout", does: "Read each pod of a pool as the operator does" },
    { args: "check -f pool.yaml", does: "The same for a pool that is not applied yet" },
    { args: "check http://localhost:9090/metrics", does: "What a pool could read on a page" },
  ],
  status: [
    { args: "status -A", does: "All pools, and what is wrong with them" },
    { args: "status shop/checkout", does: "One pool with its pods" },
    { args: "status checkout -o json", does: "The same for a program" },
  ],
  watch: [
    { args: "watch -A", does: "All pools; the key ? shows what others do" },
    { args: "watch checkout", does: "The pods of one pool" },
  ],
  explain: [
    { args: "explain checkout", does: "Why each pod gets what it gets" },
    { args: "explain checkout --full", does: "With all the arithmetic" },
  ],
  history: [{ args: "history checkout", does: "What was scaled and decided, and how the pool is now" }],
  drain: [
    { args: "drain checkout-7f9c6d5b8-2xk4p", does: "Send no new traffic to a pod, and wait" },
    { args: "drain checkout-7f9c6d5b8-2xk4p --undo", does: "Let it back" },
    { args: "drain checkout-7f9c6d5b8-2xk4p --remove --no-wait", does: "Let it go first when fewer pods are enough" },
  ],
  pause: [{ args: "pause checkout", does: "Keep the replicas as they are, such as during an incident" }],
  resume: [{ args: "resume checkout", does: "Let them follow the load again" }],
} as const satisfies Record<string, readonly Example[]>;
