/**
 * Simulated servers in a process of their own, so that what they cost is not counted as the bot's. Arguments: how many
 * servers, cards each, how many of the servers hang. Prints their addresses as one line of JSON; ends with its input.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { demoMachine, gtx1070Ti } from '../../src/simulator/demo-machine.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';

const [servers = 1, cards = 4, hanging = 0, models = 4] = process.argv.slice(2).map(Number);
const catalogue = builtinCatalogue();
const first = ['gemma3:12b', 'llama3.2:1b', 'qwen3:8b', 'llama3.1:8b'];
const names = [...first, ...catalogue.names().filter((name) => !first.includes(name))];
const urls: string[] = [];
for (let index = 0; index < servers - hanging; index++) {
  // The first server has many models, the others a few.
  const specs = names.slice(0, index === 0 ? models : 4).flatMap((name) => {
    const spec = catalogue.find(name);
    return spec === null ? [] : [{ spec }];
  });
  const gpus = Array.from({ length: cards }, () => gtx1070Ti());
  const simulator = await startSimulator({ ...demoMachine(specs), gpus, timing: {} });
  urls.push(simulator.url);
}
for (let index = 0; index < hanging; index++) {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  urls.push(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
}
process.stdout.write(`${JSON.stringify(urls)}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
