import { useEffect } from "preact/hooks";
import { NoPool, NotThere, Waiting } from "./notice.tsx";
import { PoolView } from "./pool.tsx";
import { keyOf, PoolList } from "./pool-list.tsx";
import { type PoolsState, usePools, useRoute } from "./state.ts";
import { ThemeButton } from "./theme.tsx";

function Shown({ pools, failed, current }: PoolsState & { readonly current: string | undefined }) {
  if (!pools) return <Waiting failed={failed} />;
  if (current === undefined) return <NoPool />;
  const known = pools.some((pool) => keyOf(pool) === current);
  return known ? <PoolView key={current} poolKey={current} /> : <NotThere poolKey={current} />;
}

export function App() {
  const { pools, failed } = usePools();
  const route = useRoute();
  const first = pools?.[0];
  const current = route ?? (first && keyOf(first));
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
        <ThemeButton />
      </header>
      <div class="body">
        {pools && pools.length > 0 && <PoolList pools={pools} current={current} />}
        <Shown pools={pools} failed={failed} current={current} />
      </div>
    </>
  );
}
