import { defineConfig } from "vitest/config";

/** Where .ci/run wants the JSON report that it counts tests from. */
const report = process.env.RUSTORIUM_TEST_REPORT;

export default defineConfig({
  test: {
    ...(report && { reporters: ["default", "json"], outputFile: { json: report } }),
    include: ["test/**/*.test.ts"],
    // Two cores: the tests that start a broker must not run beside each other.
    maxWorkers: 1,
    testTimeout: 30_000,
    hookTimeout: 180_000,
  },
});
