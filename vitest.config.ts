import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/live/**', 'test/full/**', '**/node_modules/**'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Most of the end-to-end tests wait for pauses that are part of the behaviour; two cores serve four of them.
    maxWorkers: 4,
  },
});
