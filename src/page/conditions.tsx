import type { PoolDocument } from "../serve/documents.ts";

type Condition = PoolDocument["conditions"][number];

/** That a pool does not scale because it was told not to is no trouble. */
const toneOf = ({ status, reason }: Condition): string => {
  if (status === "True") return "good";
  return status === "False" && reason !== "NotScaled" && reason !== "Paused" ? "bad" : "unsure";
};

/** Whether the pool is ready, and what is wrong, in a word each. */
export function ConditionChips({ pool: { conditions } }: { readonly pool: PoolDocument }) {
  const telling = conditions.filter((condition) => condition.type === "Ready" || toneOf(condition) === "bad");
  return (
    <>
      {telling.map((condition) => (
        <span key={condition.type} class={`chip ${toneOf(condition)}`}>
          {condition.status === "True" ? condition.type : condition.reason}
        </span>
      ))}
    </>
  );
}

export function Conditions({ pool: { conditions } }: { readonly pool: PoolDocument }) {
  return (
    <section class="conditions" aria-labelledby="conditions">
      <h2 id="conditions">Conditions</h2>
      <ul>
        {conditions.map((condition) => (
          <li key={condition.type}>
            <p>
              <b>{condition.type}</b> <span class={`chip ${toneOf(condition)}`}>{condition.status}</span>{" "}
              <span class="quiet">{condition.reason}</span>
            </p>
            <p>{condition.message}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
