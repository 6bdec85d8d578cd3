import { defineConfig } from 'vitest/config';
import { builtInListPlugin } from './scripts/build/built-in-list.ts';
import { sharedWordsPlugin } from './scripts/page/plugins.ts';

/** Rooms whose tests leave nothing behind in a module: their files share what a worker has read, a third less to compute. */
const SHARED = ['base', 'catalogue', 'commands', 'estimator', 'gguf', 'gpus', 'logs'].map(
  (room) => `test/${room}/**/*.test.ts`,
);
const NOT_HERE = ['test/live/**', 'test/full/**', '**/node_modules/**'];

export default defineConfig({
  // Modules that the page's build writes: the built-in list, and the words that the page shares with the chat.
  plugins: [builtInListPlugin(import.meta.dirname), sharedWordsPlugin()],
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Most of the end-to-end tests wait for pauses that are part of the behaviour; two cores serve four of them.
    maxWorkers: 4,
    projects: [
      {
        extends: true,
        test: { name: 'apart', include: ['test/**/*.test.ts'], exclude: [...NOT_HERE, ...SHARED] },
      },
      { extends: true, test: { name: 'shared', include: SHARED, exclude: NOT_HERE, isolate: false } },
    ],
  },
});
