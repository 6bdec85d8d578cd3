import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Services } from '../../commands/services.ts';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import type { Platform } from '../../src/chat/platform.ts';
import { type App, compose } from '../../src/compose/compose.ts';
import { createLog } from '../../src/compose/log.ts';
import { readConfig } from '../../src/settings/config.ts';
import { demoMachine } from '../../src/simulator/demo-machine.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { SimulatorOptions } from '../../src/simulator/types.ts';

/** The program's parts against a simulated server over real HTTP. */
export interface DemoServices {
  readonly services: Services;
  readonly app: App;
  readonly simulator: Simulator;
  close(): Promise<void>;
}

/** Starts the demo machine with these models and the program's own services on it. */
export async function startDemoServices(
  models: readonly string[],
  environment: Record<string, string> = {},
  machine: Partial<SimulatorOptions> = {},
  platforms: readonly Platform[] = [],
): Promise<DemoServices> {
  const specs = models.map((name) => ({ spec: builtinCatalogue().find(name)! }));
  const simulator = await startSimulator({ ...demoMachine(specs), timing: {}, ...machine });
  const dataDir = join(tmpdir(), `headroom-demo-${randomUUID()}`);
  const config = readConfig({
    OLLAMA_HOST: simulator.url,
    GPU_SOURCE: `prometheus+${simulator.url}/metrics`,
    DATA_DIR: dataDir,
    TZ: 'UTC',
    ...environment,
  });
  const app: App = await compose({ config, log: createLog('silent'), platforms, simulated: true });
  return {
    services: app.services,
    app,
    simulator,
    close: async () => {
      await app.close();
      await simulator.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
