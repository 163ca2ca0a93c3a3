import type { ReplicaDocument } from "../serve/documents.ts";

/** Which replica serves the page, and which one leads. */
export function Replica({ replica: { identity, version, leads, leader } }: { readonly replica: ReplicaDocument }) {
  return (
    <p class="replica">
      <span class="version">{version}</span>
      <span class="who">
        <b>{identity}</b> {leads ? "leads" : "stands by"}
        {!leads && (leader === undefined ? ", nobody leads" : ", ")}
        {!leads && leader !== undefined && (
          <>
            <b>{leader}</b> leads
          </>
        )}
      </span>
    </p>
  );
}
