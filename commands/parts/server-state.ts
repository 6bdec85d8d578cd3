import type { Block } from '../../src/chat/reply.ts';
import type { Text } from '../../src/chat/text.ts';
import { isMessageKey, type Translator } from '../../src/chat/translate.ts';
import type { ServerSnapshot } from '../../src/servers/types.ts';

/** Words for a coded remark under a prefix, or null where there are none. */
export function remarkText(
  translator: Translator,
  prefix: string,
  remark: { readonly code: string; readonly params: Readonly<Record<string, string | number | boolean>> },
): Text | null {
  const key = `${prefix}.${remark.code}`;
  if (!isMessageKey(key)) {
    return null;
  }
  const params = Object.fromEntries(
    Object.entries(remark.params).map(([name, value]) => [name, typeof value === 'boolean' ? String(value) : value]),
  );
  return translator.text(key, params);
}

/** What is wrong with the server right now, one line each: what is still known stays in the rest of the reply. */
export function problemBlocks(snapshot: ServerSnapshot, translator: Translator): Block[] {
  const lines: Text[] = [];
  const server = { code: snapshot.name };
  if (snapshot.ollama.state !== 'up') {
    lines.push(translator.text(`ollama.${snapshot.ollama.state}`, { server }));
  }
  for (const problem of snapshot.gpuProblems) {
    const text = remarkText(translator, 'gpu-error', problem);
    if (text !== null) {
      lines.push(text);
    }
  }
  return lines.map((text) => ({ kind: 'text', text }));
}

/** A card's name as people say it, without the maker. Untrusted names are cut. */
function shortName(name: string): string {
  return name
    .replace(/^(NVIDIA|AMD) /, '')
    .replace(/^GeForce /, '')
    .slice(0, 40);
}

/** What the cards have in common, said once: `4 × GTX 1070 Ti`; `null` where they differ or have no name. */
export function sharedName(gpus: readonly { readonly name: string }[]): string | null {
  const names = new Set(gpus.map(({ name }) => shortName(name)));
  const [name = ''] = names;
  return names.size === 1 && name !== '' && !/^GPU\b/i.test(name) ? `${gpus.length} × ${name}` : null;
}

/** Short labels of GPUs: the index, and the name where it tells the cards apart. Untrusted names are cut. */
export function gpuLabels(gpus: readonly { readonly name: string; readonly index?: number | null }[]): string[] {
  const names = gpus.map((gpu) => shortName(gpu.name));
  const same = new Set(names).size <= 1;
  return names.map((name, position) => {
    const index = gpus[position]?.index ?? position;
    return same ? `GPU ${index}` : `${index} ${name}`;
  });
}
