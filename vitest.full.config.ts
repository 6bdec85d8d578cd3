import { defineConfig } from 'vitest/config';
import { builtInListPlugin } from './scripts/build/built-in-list.ts';
import { sharedWordsPlugin } from './scripts/page/plugins.ts';

/**
 * The long checks, `npm run test:full`: each file of test/full is one. They build, install and start what is shipped,
 * and may need what .ci/run installs; one after the other, for each wants the machine to itself.
 */
export default defineConfig({
  // As in vitest.config.ts.
  plugins: [builtInListPlugin(import.meta.dirname), sharedWordsPlugin()],
  test: { include: ['test/full/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 600_000, fileParallelism: false },
});
