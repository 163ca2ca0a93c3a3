import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { answerOf } from "../decide/explain/answer.ts";
import { printCoverage, printPart, printWriters } from "../decide/explain/print.ts";
import type { ExplanationDocument } from "../serve/documents.ts";
import { clock } from "./format.ts";
import { type AskedExplanation, useExplanation } from "./state.ts";

interface AskedProps {
  readonly explained: AskedExplanation;
  readonly onAgain: () => void;
  readonly children: (document: ExplanationDocument) => ComponentChildren;
}

/** What was explained as of a plan, which stays until it is asked for anew. */
function Answered({ explained, onAgain, children }: AskedProps) {
  if (explained === "asked") return <p class="quiet">Asking the operator.</p>;
  if (explained === "failed") {
    return (
      <p class="quiet">
        The operator did not explain it. <AgainButton onAgain={onAgain}>Ask again</AgainButton>
      </p>
    );
  }
  return (
    <>
      {children(explained)}
      <p class="quiet">
        As of the plan of {clock(Date.parse(explained.plannedAt))}, in the words of{" "}
        <code>kubectl evenkeel explain</code>. <AgainButton onAgain={onAgain}>Newest plan</AgainButton>
      </p>
    </>
  );
}

function AgainButton({ onAgain, children }: Pick<AskedProps, "onAgain"> & { readonly children: string }) {
  return (
    <button type="button" class="again" onClick={onAgain}>
      {children}
    </button>
  );
}

function Lines({ lines }: { readonly lines: readonly string[] }) {
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within the keyboard's reach
  return <pre tabIndex={0}>{lines.join("\n")}</pre>;
}

const printPod = (document: ExplanationDocument, name: string): readonly string[] => {
  const pod = document.pods.find((each) => each.pod === name);
  return pod ? printPart(document, { kind: "pod", pod }) : [`${name} takes no traffic any more.`];
};

/** Why a pod stands where it stands, and has the weight that it has: asked for only when somebody wants to know. */
export function PodExplained({ poolKey, pod }: { readonly poolKey: string; readonly pod: string }) {
  const [isWanted, setWanted] = useState(false);
  const { explained, askAgain } = useExplanation(poolKey, isWanted);
  if (!isWanted) {
    return (
      <button type="button" class="again" onClick={() => setWanted(true)}>
        Explain its place and weight
      </button>
    );
  }
  return (
    <Answered explained={explained} onAgain={askAgain}>
      {(document) => <Lines lines={printPod(document, pod).filter((line) => line !== "")} />}
    </Answered>
  );
}

/** The answer first, then why, then the arithmetic of the whole pool, without that of each pod. */
function Whole({ document }: { readonly document: ExplanationDocument }) {
  const { strategy, order, readySet, rebalance, weights, writers, scaling } = document;
  const { traffic, replicas } = answerOf(`${document.namespace}/${document.name}`, document);
  const parts: readonly (readonly [string, string | undefined])[] = [
    ["Order", `${strategy}, ${order}.`],
    ["Samples", printCoverage(document)],
    ["Ready set", readySet.message],
    ["Open connections", rebalance?.message],
    ["Weights", weights.message],
    ["Writes", writers && printWriters(writers)],
    ["Scaling", scaling.message],
  ];
  return (
    <>
      <p>{traffic}</p>
      <p>{replicas}</p>
      <dl>
        {parts.map(
          ([name, text]) =>
            text !== undefined && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{text}</dd>
              </div>
            ),
        )}
      </dl>
      <details>
        <summary>Arithmetic</summary>
        <Lines
          lines={[
            ...printPart(document, { kind: "head", head: document }).slice(2),
            ...printPart(document, { kind: "tail", tail: document }),
          ]}
        />
      </details>
    </>
  );
}

/** What `kubectl evenkeel explain` says of a pool. */
export function PoolExplained({ poolKey }: { readonly poolKey: string }) {
  const { explained, askAgain } = useExplanation(poolKey, true);
  return (
    <section class="explain" aria-labelledby="explain">
      <h2 id="explain">
        How it was decided <span class="quiet">choose a pod below for its own arithmetic</span>
      </h2>
      <Answered explained={explained} onAgain={askAgain}>
        {(document) => <Whole document={document} />}
      </Answered>
    </section>
  );
}
