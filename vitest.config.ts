import { defineConfig } from "vitest/config";
import { patienceMs } from "./test/tools/control-plane/wait-for.ts";

const patience = {
  testTimeout: 5 * patienceMs,
  hookTimeout: 5 * patienceMs,
  expect: { poll: { timeout: patienceMs } },
};
const clusterSuites = "test/cluster/**/*.test.ts";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/cluster/**", "test/e2e/**", "test/e2e-consumers/**", "test/bench/**"],
          setupFiles: ["test/tools/steady-seed.ts"],
          // Many wait for most of their time.
          maxWorkers: 3,
          ...patience,
        },
      },
      {
        test: {
          name: "cluster",
          include: [clusterSuites],
          provide: { backend: { kind: "embedded" } },
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
          ...patience,
        },
      },
      {
        test: {
          name: "control-plane",
          include: [clusterSuites],
          globalSetup: ["test/tools/control-plane/setup.ts"],
          fileParallelism: false,
          ...patience,
        },
      },
    ],
  },
});
