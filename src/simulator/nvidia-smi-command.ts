/**
 * nvidia-smi for a simulated machine, as a program: `node nvidia-smi-command.ts <simulator url> --query-gpu=… …`.
 * Asks the running simulator and prints and exits as nvidia-smi would; 9 when nobody answers there.
 */

import { z } from 'zod';

const TIMEOUT_MS = 5_000;
const answer = z.object({ stdout: z.string(), exitCode: z.number().int() });

const [base, ...args] = process.argv.slice(2);
try {
  const url = new URL('/simulator/nvidia-smi', base);
  for (const arg of args) {
    url.searchParams.append('arg', arg);
  }
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const { stdout, exitCode } = answer.parse(await response.json());
  process.stdout.write(stdout);
  process.exitCode = exitCode;
} catch {
  process.stdout.write(
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. " +
      'Make sure that the latest NVIDIA driver is installed and running.\n\n',
  );
  process.exitCode = 9;
}
