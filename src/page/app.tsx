import { useEffect, useRef } from "preact/hooks";
import { NoPool, NotThere, Waiting } from "./notice.tsx";
import { PoolView } from "./pool.tsx";
import { keyOf, PoolList, worstFirst } from "./pool-list.tsx";
import { Replica } from "./replica.tsx";
import { type PoolsState, usePools, useRoute } from "./state.ts";
import { ThemeButton } from "./theme.tsx";

interface ShownProps extends Omit<PoolsState, "replica"> {
  readonly current: string | undefined;
}

function Shown({ pools, failed, current }: ShownProps) {
  if (!pools) return <Waiting failed={failed} />;
  if (current === undefined) return <NoPool />;
  const known = pools.some((pool) => keyOf(pool) === current);
  return known ? <PoolView key={current} poolKey={current} /> : <NotThere poolKey={current} />;
}

/** The pool to show where the address names none: the first, and from then on the same, whatever comes before it. */
function useDefault(pools: PoolsState["pools"]): string | undefined {
  const shown = useRef<string>(undefined);
  const isThere = pools?.some((pool) => keyOf(pool) === shown.current);
  if (!isThere) shown.current = worstFirst(pools ?? []).map(keyOf)[0];
  return shown.current;
}

export function App() {
  const { pools, replica, failed } = usePools();
  const byDefault = useDefault(pools);
  const current = useRoute() ?? byDefault;
  useEffect(() => {
    document.title = current ? `${current} · Evenkeel` : "Evenkeel";
  }, [current]);
  return (
    <>
      <header class="top">
        <a class="brand" href="#/">
          <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
            <path class="hull" d="M4 17h24l-4 8H8z" />
            <path class="sail" d="M15 4v11H6zM17 7v8h7z" />
          </svg>
          Evenkeel
        </a>
        {replica && <Replica replica={replica} />}
        <ThemeButton />
      </header>
      <div class="body">
        {pools && pools.length > 0 && <PoolList pools={pools} current={current} />}
        <Shown pools={pools} failed={failed} current={current} />
      </div>
    </>
  );
}
