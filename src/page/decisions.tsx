import type { DecisionDocument, HistoryDocument } from "../serve/documents.ts";
import { clock, moment } from "./format.ts";
import { isChange } from "./history.ts";

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

interface WhyProps {
  readonly decision: DecisionDocument;
  /** Why the next sample comes early, while it does. */
  readonly confirm: string | undefined;
  readonly history: HistoryDocument;
  /** Of the operator's clock. */
  readonly now: number;
  readonly isExplained: boolean;
  readonly onExplain: () => void;
}

/** An early sample is over in a quarter of an interval: it is shown for so long that people can read it. */
const confirmedForMs = 30_000;

/** What was decided last, its arithmetic, and whether a limit that was passed was looked at again. */
export function Why({ decision, confirm, history: { confirmations }, now, isExplained, onExplain }: WhyProps) {
  const last = confirmations.at(-1);
  const lately = last && now - last.at < confirmedForMs ? last : undefined;
  return (
    <section class={`why ${decision.kind}`} aria-labelledby="why">
      <h2 id="why">Why</h2>
      <div>
        <Decision decision={decision} />
        {(confirm ?? lately) && (
          <p class="confirm">
            <b>{confirm ? "Looking again now." : `Looked again early, at ${clock(lately!.at)}.`}</b>{" "}
            {confirm ?? lately!.message}
          </p>
        )}
      </div>
      <button type="button" class="again" aria-expanded={isExplained} onClick={onExplain}>
        Explain
      </button>
    </section>
  );
}

interface DecisionsProps {
  readonly history: HistoryDocument;
  /** Of the operator's clock. */
  readonly now: number;
}

/**
 * The decisions as they last began, newest first: changes of replicas stand out, and what came again between them is
 * counted. New ones are read out; the figures in the present one change too often.
 */
export function Decisions({ history: { decisions }, now }: DecisionsProps) {
  return (
    <section class="decisions" aria-labelledby="decisions">
      <h2 id="decisions">Decisions</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within the keyboard's reach */}
      <div role="log" aria-live="polite" aria-labelledby="decisions" tabIndex={0}>
        <ol>
          {decisions.toReversed().map((decision) => (
            <li key={`${decision.firstAt} ${decision.reason}`} class={isChange(decision) ? "change" : undefined}>
              <time dateTime={new Date(decision.at).toISOString()}>{moment(decision.at, now)}</time>
              <div>
                <Decision decision={decision} />
                {decision.count > 1 && (
                  <p class="quiet times">
                    {decision.count} times since {moment(decision.firstAt, now)}
                  </p>
                )}
              </div>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
