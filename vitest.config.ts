import { defineConfig } from 'vitest/config';
import { builtInListPlugin } from './scripts/build/built-in-list.ts';
import { sharedWordsPlugin } from './scripts/page/plugins.ts';

export default defineConfig({
  // Modules that the page's build writes: the built-in list, and the words that the page shares with the chat.
  plugins: [builtInListPlugin(import.meta.dirname), sharedWordsPlugin()],
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/live/**', 'test/full/**', '**/node_modules/**'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Most of the end-to-end tests wait for pauses that are part of the behaviour; two cores serve four of them.
    maxWorkers: 4,
  },
});
