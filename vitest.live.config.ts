import { defineConfig } from 'vitest/config';

/** Tests against a real Ollama at OLLAMA_HOST: `npm run test:live`. They load and unload a model there. */
export default defineConfig({
  test: { include: ['test/live/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 60_000, fileParallelism: false },
});
