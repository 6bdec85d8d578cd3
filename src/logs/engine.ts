/** Which generation of Ollama wrote a log. */

import type { Scene } from './scene.ts';
import type { LogEngine } from './types.ts';

const parts = (version: string): readonly number[] => version.split(/[.-]/).slice(0, 3).map(Number);

function atLeast(version: string, border: string): boolean {
  const [a, b] = [parts(version), parts(border)];
  return (a[0]! - b[0]!) * 1e6 + (a[1]! - b[1]!) * 1e3 + (a[2]! - b[2]!) >= 0;
}

/**
 * The engine: by what only one generation writes, else by the version. Load requests (`Operation:fit`, `commit`) came
 * with 0.11.5; what runs llama-server has none.
 */
export function engineOf(scene: Scene, version: string | null): LogEngine | null {
  if (scene.sawLlamaServer) {
    return 'llama-server';
  }
  if (scene.sawLoadRequest) {
    return 'layout';
  }
  if (version === null || version.startsWith('llama.cpp')) {
    return scene.sawRunner ? 'formula' : scene.version.hasBuild ? null : scene.runnerEra;
  }
  // Release candidates of 0.25 ran llama-server already; no release stands between 0.24 and 0.30.
  return atLeast(version, '0.25.0') ? 'llama-server' : atLeast(version, '0.11.5') ? 'layout' : 'formula';
}
