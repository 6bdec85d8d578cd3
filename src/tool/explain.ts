import { createReadStream } from 'node:fs';
import { type Explained, explainReading } from '../../commands/explain/replan.ts';
import { explainLogReply } from '../../commands/explain/reply.ts';
import { CodedError } from '../base/coded.ts';
import { MAX_PASTE } from '../logs/paste.ts';
import { readLog } from '../logs/read-log.ts';
import { EXIT_FAILED, type Tool, type ToolCall } from './command.ts';
import { showReply } from './show.ts';

/** What a reading says, as scripts read it: names are promised to the outside, unknown is `null`. */
export function explainedJson(explained: Explained): string {
  const { reading, plan } = explained;
  const { load } = reading;
  return JSON.stringify({
    kind: reading.kind,
    version: reading.version,
    versionBasis: reading.versionBasis,
    oldestVersion: reading.oldestVersion,
    engine: reading.engine,
    architecture: explained.architecture,
    model: load?.model ?? null,
    digest: load?.digest ?? null,
    verdict: explained.verdict,
    offloaded: load?.offloaded ?? null,
    numCtx: load?.numCtx ?? null,
    numParallel: load?.numParallel ?? null,
    flashAttention: load?.flashAttention ?? null,
    kvCacheType: load?.kvCacheType ?? null,
    requiredBytes: load?.requiredBytes ?? null,
    devices: Object.fromEntries(load?.devices ?? []),
    gpus: reading.gpus,
    settings: reading.settings,
    why: explained.why,
    planned:
      plan === null
        ? null
        : {
            verdict: plan.verdict,
            offloaded: [plan.placement.gpuLayers, plan.placement.totalLayers],
            largestCtx: explained.largestCtx,
          },
    loads: reading.loads.length,
    cut: reading.cut,
  });
}

async function textOf(input: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += String(chunk);
    // What is beyond is not read, and said to be cut.
    if (text.length > MAX_PASTE) {
      break;
    }
  }
  return text;
}

/** @throws CodedError `log-file-unreadable` */
async function textOfFile(path: string): Promise<string> {
  try {
    return await textOf(createReadStream(path, 'utf8'));
  } catch (error) {
    throw new CodedError('log-file-unreadable', { path }, error);
  }
}

/** `headroom explain [FILE]`: a log on stdin or in a file. Exit code 0 read, 1 nothing to read. */
export async function runExplain(tool: Tool, { args, options }: ToolCall): Promise<number> {
  const [file] = args;
  const text = file === undefined || file === '-' ? await textOf(tool.input) : await textOfFile(file);
  const services = await tool.services({ servers: false });
  const explained = await explainReading(readLog(text), services.models, services.estimates.by('tool'));
  if (options.json === true) {
    tool.write(`${explainedJson(explained)}\n`);
  } else {
    const { translator } = tool;
    const { actions: _buttons, ...reply } = explainLogReply(explained, translator);
    tool.write(await showReply(tool, reply, services.now()));
  }
  return explained.reading.kind === 'unknown' ? EXIT_FAILED : 0;
}
