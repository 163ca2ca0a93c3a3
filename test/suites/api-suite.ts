import { afterAll, beforeAll, describe } from "vitest";
import { applyCases } from "./api-suite/apply.ts";
import type { ApiConnection } from "./api-suite/connection.ts";
import { createCases } from "./api-suite/create.ts";
import { deleteCases, garbageCollectionCases } from "./api-suite/delete.ts";
import { discoveryCases } from "./api-suite/discovery.ts";
import { kindCases, scaleCases } from "./api-suite/kinds.ts";
import { listCases } from "./api-suite/list.ts";
import { patchCases } from "./api-suite/patch.ts";
import { Session } from "./api-suite/session.ts";
import { updateCases } from "./api-suite/update.ts";
import { watchCases } from "./api-suite/watch.ts";

/**
 * What clients may rely on in an API server, checked against whichever one `connect` reaches. It expects nothing that a
 * real kube-apiserver does not do. `connect` installs `widgetDefinition` (api-suite/widget.ts) and waits until it is served.
 */
export function apiSuite(
  name: string,
  connect: () => Promise<ApiConnection>,
  { collectsGarbage = false }: { readonly collectsGarbage?: boolean } = {},
): void {
  describe(name, () => {
    let current: Session | undefined;
    const session = (): Session => {
      if (!current) throw new Error("the suite is not connected");
      return current;
    };
    beforeAll(async () => {
      current = new Session(await connect());
    });
    afterAll(async () => {
      await current?.api.close?.();
    });
    createCases(session);
    updateCases(session);
    patchCases(session);
    applyCases(session);
    listCases(session);
    watchCases(session);
    deleteCases(session);
    scaleCases(session);
    kindCases(session);
    discoveryCases(session);
    describe.runIf(collectsGarbage)("with a garbage collector", () => garbageCollectionCases(session));
  });
}
