import type { PoolDocument } from "../serve/documents.ts";

type Condition = PoolDocument["conditions"][number];

/** What somebody asked for, such as a pause, is neither good nor bad. */
const toneOf = ({ type, status }: Condition, { troubles }: PoolDocument): string => {
  if (status === "True") return "good";
  return troubles.find((trouble) => trouble.type === type)?.severity ?? "unsure";
};

/** Whether the pool is ready, and what is wrong, in a word each. */
export function ConditionChips({ pool }: { readonly pool: PoolDocument }) {
  const telling = pool.conditions.filter(
    (condition) => condition.type === "Ready" || toneOf(condition, pool) === "bad" || condition.reason === "Paused",
  );
  return (
    <>
      {telling.map((condition) => (
        <span key={condition.type} class={`chip ${toneOf(condition, pool)}`}>
          {condition.status === "True" ? condition.type : condition.reason}
        </span>
      ))}
    </>
  );
}

/** The worst that is wrong, before all else. */
export function Trouble({ pool: { troubles } }: { readonly pool: PoolDocument }) {
  const bad = troubles.filter(({ severity }) => severity === "bad");
  const [worst] = bad;
  if (!worst) return null;
  return (
    <section class="trouble" aria-label="What is wrong">
      <p>
        <b>
          {worst.type}: {worst.reason}.
        </b>{" "}
        {worst.message}
      </p>
      {bad.length > 1 && (
        <p>
          Also{" "}
          {bad
            .slice(1)
            .map(({ type, reason }) => `${type} (${reason})`)
            .join(", ")}
          : the conditions below say more.
        </p>
      )}
    </section>
  );
}

export function Conditions({ pool }: { readonly pool: PoolDocument }) {
  return (
    <section class="conditions" aria-labelledby="conditions">
      <h2 id="conditions">Conditions</h2>
      <ul>
        {pool.conditions.map((condition) => (
          <li key={condition.type}>
            <p>
              <b>{condition.type}</b> <span class={`chip ${toneOf(condition, pool)}`}>{condition.status}</span>{" "}
              <span class="quiet">{condition.reason}</span>
            </p>
            <p>{condition.message}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
