import { builtinCatalogue } from '../catalogue/builtin.ts';
import type { Config } from '../settings/config.ts';
import { readConfig } from '../settings/config.ts';
import { demoMachine } from '../simulator/demo-machine.ts';
import { type Simulator, startSimulator } from '../simulator/simulator.ts';

/** On the simulated disk, and what a pull can bring besides. */
const PULLED = ['gemma3:12b', 'qwen3:8b', 'llama3.2:1b', 'nomic-embed-text'];
const PULLABLE = ['gemma3:4b', 'llama3.1:8b', 'gpt-oss:20b', 'qwen3:30b', 'qwen3:4b'];

/** Starts the simulated GPU server and gives the configuration that asks it. */
export async function startDemo(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ config: Config; simulator: Simulator }> {
  const simulator = await startSimulator(demoMachine(models(PULLED), models(PULLABLE)));
  const config = readConfig({
    TZ: environment.TZ,
    LOG_LEVEL: environment.LOG_LEVEL ?? 'warn',
    DATA_DIR: environment.DATA_DIR,
    OLLAMA_HOST: simulator.url,
    GPU_SOURCE: `prometheus+${simulator.url}/metrics`,
    // What is loaded here stays on this machine: nothing is fetched, the simulated registry has its own models.
    PULL_HOSTS: 'registry.ollama.ai',
  });
  return { config, simulator };
}

function models(names: readonly string[]) {
  const catalogue = builtinCatalogue();
  return names.flatMap((name) => {
    const spec = catalogue.find(name);
    return spec === null ? [] : [{ spec }];
  });
}
