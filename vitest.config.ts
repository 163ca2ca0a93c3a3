import { defineConfig } from "vitest/config";
import { patienceMs } from "./test/tools/control-plane/wait-for.ts";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/cluster/**", "test/e2e/**", "test/bench/**"],
          setupFiles: ["test/tools/steady-seed.ts"],
          maxWorkers: 2,
          testTimeout: 5 * patienceMs,
          hookTimeout: 5 * patienceMs,
          expect: { poll: { timeout: patienceMs } },
        },
      },
      {
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          globalSetup: ["test/tools/control-plane/setup.ts"],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
