import type { Link } from "./follow.ts";
import { lasting } from "./format.ts";

const words: Record<Link, string> = { connecting: "Connecting", live: "Live", lost: "Reconnecting" };

/** Whether what is shown is so now. */
export function LinkBadge({ link }: { readonly link: Link }) {
  return (
    <span class={`link ${link}`} role="status">
      {words[link]}
    </span>
  );
}

/** There is nothing new. `asOf` says when the last figures came, if any did. */
export function Lost({ asOf }: { readonly asOf: string | undefined }) {
  return (
    <p class="notice">
      <b>The operator does not answer.</b> Trying again every few seconds; traffic and replicas stay as they are.
      {asOf && ` What is shown is as of ${asOf}.`}
    </p>
  );
}

/** How long the replica may hear nothing before that is said. */
const quietMs = 5_000;

/** The replica answers, and does not hear of the cluster itself. */
export function Stale({ staleMs }: { readonly staleMs: number }) {
  if (staleMs < quietMs) return null;
  return (
    <p class="notice">
      <b>This replica does not hear of the cluster.</b> What is shown of pods and replicas is {lasting(staleMs)} old;
      figures have ages of their own.
    </p>
  );
}

/** The page before there is a pool to show. */
export function Waiting({ failed }: { readonly failed: boolean }) {
  return (
    <main class="alone">
      <LinkBadge link={failed ? "lost" : "connecting"} />
      <h1>{failed ? "The operator does not answer" : "Reading the pools"}</h1>
      {failed && <p>Trying again every few seconds. Traffic and replicas stay as they are meanwhile.</p>}
    </main>
  );
}

export function NoPool() {
  return (
    <main class="alone">
      <LinkBadge link="live" />
      <h1>No pool yet</h1>
      <p>A LoadBalancerPool names a set of pods; this page shows it as soon as the operator has looked at it.</p>
      <pre>
        <code>{"kubectl get lbp --all-namespaces\nkubectl explain lbp.spec"}</code>
      </pre>
    </main>
  );
}

export function NotThere({ poolKey }: { readonly poolKey: string }) {
  return (
    <main class="alone">
      <LinkBadge link="live" />
      <h1>{poolKey} is not there</h1>
      <p>
        It was deleted, its spec is not valid, or the operator has not looked at it yet. It is shown as soon as the
        operator has a plan for it.
      </p>
    </main>
  );
}
