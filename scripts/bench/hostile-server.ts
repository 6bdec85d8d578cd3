/**
 * An Ollama and an exporter whose answers are as large as the bot takes them: 20,000 models, 2,000 of them loaded, models of
 * 128 and of 512 layers with vocabularies of 262,144 words, 1 MB of figures. In a process of its own. Prints its address;
 * ends with its input.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const MODELS = 20_000;
const LOADED = 2_000;
const LAYERS = { even: 128, mixed: 512 };
const WORDS = 262_144;
const FIGURES = 12_000;

const digest = (index: number) => index.toString(16).padStart(64, '0');
const details = {
  parent_model: '',
  format: 'gguf',
  family: 'llama',
  families: ['llama'],
  parameter_size: '8.0B',
  quantization_level: 'Q4_K_M',
};
const nameOf = (index: number) => `team-${index % 97}/some-model-with-a-long-name-${index}:8b-instruct-q4_K_M`;
const tags = JSON.stringify({
  models: Array.from({ length: MODELS }, (_, index) => ({
    name: nameOf(index),
    model: nameOf(index),
    modified_at: '2026-11-01T12:00:00.000000000Z',
    size: 4_900_000_000 + index,
    digest: digest(index),
    details,
  })),
});
const ps = JSON.stringify({
  models: Array.from({ length: LOADED }, (_, index) => ({
    name: nameOf(index),
    model: nameOf(index),
    size: 4_900_000,
    digest: digest(index),
    details,
    expires_at: '2036-11-01T12:00:00Z',
    size_vram: 4_900_000,
    context_length: 4_096,
  })),
});

/** What a verbose /api/show holds; `mixed` layers are all different, which is the most work. */
function shown(mixed: boolean): string {
  const layers = mixed ? LAYERS.mixed : LAYERS.even;
  const tensors = Array.from({ length: layers }, (_, layer) => [
    ['attn_norm', 'F32', [4_096]],
    ['attn_q', 'Q4_K', [4_096, 4_096 + (mixed ? 256 * (layer % 64) : 0)]],
    ['attn_k', 'Q4_K', [4_096, 1_024]],
    ['attn_v', 'Q6_K', [4_096, 1_024]],
    ['attn_output', 'Q4_K', [4_096, 4_096]],
    ['ffn_norm', 'F32', [4_096]],
    ['ffn_gate', 'Q4_K', [4_096, 14_336]],
    ['ffn_up', 'Q4_K', [4_096, 14_336]],
    ['ffn_down', 'Q4_K', [14_336, 4_096]],
  ])
    .flatMap((layer, index) =>
      layer.map(([name, type, shape]) => ({ name: `blk.${index}.${name}.weight`, type, shape })),
    )
    .concat([
      { name: 'token_embd.weight', type: 'Q4_K', shape: [4_096, WORDS] },
      { name: 'output_norm.weight', type: 'F32', shape: [4_096] },
      { name: 'output.weight', type: 'Q6_K', shape: [4_096, WORDS] },
    ]);
  return JSON.stringify({
    details,
    model_info: {
      'general.architecture': 'llama',
      'general.parameter_count': 8_030_261_248,
      'llama.block_count': layers,
      'llama.context_length': 131_072,
      'llama.embedding_length': 4_096,
      'llama.feed_forward_length': 14_336,
      'llama.attention.head_count': 32,
      'llama.attention.head_count_kv': 8,
      'llama.rope.freq_base': 500_000,
      'llama.attention.layer_norm_rms_epsilon': 1e-5,
      'llama.vocab_size': WORDS,
      'tokenizer.ggml.model': 'gpt2',
      'tokenizer.ggml.tokens': Array.from({ length: WORDS }, (_, index) => `word-${index}`),
      'tokenizer.ggml.merges': Array.from({ length: WORDS }, (_, index) => `wo rd-${index}`),
      'tokenizer.ggml.token_type': Array.from({ length: WORDS }, () => 1),
    },
    capabilities: ['completion'],
    modelfile: 'x'.repeat(1_000_000),
    parameters: '',
    template: 'x'.repeat(100_000),
    tensors,
  });
}
const show = { even: shown(false), mixed: shown(true) };

const gpu = (index: number) =>
  `DCGM_FI_DEV_FB_USED{gpu="${index}",UUID="GPU-${index}",modelName="NVIDIA A100-SXM4-80GB",Hostname="a"} 1024\n` +
  `DCGM_FI_DEV_FB_FREE{gpu="${index}",UUID="GPU-${index}",modelName="NVIDIA A100-SXM4-80GB",Hostname="a"} 80000\n`;
const figures =
  Array.from({ length: 16 }, (_, index) => gpu(index)).join('') +
  Array.from(
    { length: FIGURES },
    (_, index) => `other_figure_total{pod="pod-${index}",namespace="n",node="a"} ${index}\n`,
  ).join('');

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const body = Buffer.concat(pieces).toString('utf8');
    const answer = {
      '/api/version': '{"version":"0.33.0"}',
      '/api/tags': tags,
      '/api/ps': ps,
      '/api/show': /-1:8b/.test(body) ? show.mixed : show.even,
      '/metrics': figures,
    }[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(answer ?? '{}');
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
