import type { DecisionDocument, HistoryDocument } from "../serve/documents.ts";
import { moment } from "./format.ts";

/** A decision in its own words. */
function Decision({ decision }: { readonly decision: DecisionDocument }) {
  const { kind, reason, message, from, to, act } = decision;
  return (
    <p>
      <b>{reason}</b>{" "}
      {kind === "scale" && (
        <span class="step">
          {from} → {to}
          {act === false && ", recommended"}
        </span>
      )}{" "}
      {message}
    </p>
  );
}

/** What was decided last, and its arithmetic. */
export function Why({ decision }: { readonly decision: DecisionDocument }) {
  return (
    <section class={`why ${decision.kind}`} aria-labelledby="why">
      <h2 id="why">Why</h2>
      <Decision decision={decision} />
    </section>
  );
}

interface DecisionsProps {
  readonly history: HistoryDocument;
  /** Of the operator's clock. */
  readonly now: number;
}

/** The decisions as they began, newest first. New ones are read out; the figures in the present one change too often. */
export function Decisions({ history: { decisions }, now }: DecisionsProps) {
  return (
    <section class="decisions" aria-labelledby="decisions">
      <h2 id="decisions">Decisions</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within the keyboard's reach */}
      <div role="log" aria-live="polite" aria-labelledby="decisions" tabIndex={0}>
        <ol>
          {decisions.toReversed().map((decision) => (
            <li key={`${decision.at} ${decision.reason}`}>
              <time dateTime={new Date(decision.at).toISOString()}>{moment(decision.at, now)}</time>
              <Decision decision={decision} />
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
