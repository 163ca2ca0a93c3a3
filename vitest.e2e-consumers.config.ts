import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "e2e-consumers",
    include: ["test/e2e-consumers/**/*.test.ts"],
    globalSetup: ["test/tools/control-plane/setup.ts"],
    // They measure who fails, and share the addresses of pods.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
