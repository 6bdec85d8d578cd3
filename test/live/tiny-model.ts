import { createHash } from 'node:crypto';
import { type WriterOptions, type WriterTensor, type WriterValue, writeGguf } from '../support/gguf-writer.ts';

/** Small, but with heads of a size that every GPU kernel knows. */
const WIDTH = 256;
const FEED_FORWARD = 512;
const HEADS = 4;
const KV_HEADS = 2;
const BLOCKS = 4;
const CONTEXT = 8_192;
/** Token types of llama.cpp (`llama_token_type`). */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const BYTE = 6;

/** A whole llama of about 5 MiB whose weights are zeros: it loads like any other, and says nothing of sense. */
export function tinyLlama(): { readonly bytes: Buffer; readonly digest: string } {
  const words = ['▁', '▁a', '▁the', 'a', 'b', 'c', 'e', 'o', 't', 'n'];
  const vocabulary: [text: string, type: number][] = [
    ['<unk>', UNKNOWN],
    ['<s>', CONTROL],
    ['</s>', CONTROL],
    ...Array.from({ length: 256 }, (_, byte): [string, number] => [
      `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
      BYTE,
    ]),
    ...words.map((word): [string, number] => [word, NORMAL]),
  ];
  const text = (value: string): WriterValue => ({ type: 'string', value });
  const u32 = (value: number): WriterValue => ({ type: 'u32', value });
  const f32 = (value: number): WriterValue => ({ type: 'f32', value });
  const metadata: WriterOptions['metadata'] = [
    ['general.architecture', text('llama')],
    ['general.name', text('Headroom live test')],
    ['general.file_type', u32(1)],
    ['llama.block_count', u32(BLOCKS)],
    ['llama.context_length', u32(CONTEXT)],
    ['llama.embedding_length', u32(WIDTH)],
    ['llama.feed_forward_length', u32(FEED_FORWARD)],
    ['llama.attention.head_count', u32(HEADS)],
    ['llama.attention.head_count_kv', u32(KV_HEADS)],
    ['llama.attention.layer_norm_rms_epsilon', f32(1e-5)],
    ['llama.rope.dimension_count', u32(WIDTH / HEADS)],
    ['llama.rope.freq_base', f32(10_000)],
    ['llama.vocab_size', u32(vocabulary.length)],
    ['tokenizer.ggml.model', text('llama')],
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: vocabulary.map(([token]) => token) }],
    ['tokenizer.ggml.scores', { type: 'array', of: 'f32', value: vocabulary.map((_, index) => -index) }],
    ['tokenizer.ggml.token_type', { type: 'array', of: 'i32', value: vocabulary.map(([, type]) => type) }],
    ['tokenizer.ggml.unknown_token_id', u32(0)],
    ['tokenizer.ggml.bos_token_id', u32(1)],
    ['tokenizer.ggml.eos_token_id', u32(2)],
  ];
  const kvWidth = (WIDTH / HEADS) * KV_HEADS;
  const block = (index: number): WriterTensor[] => [
    { name: `blk.${index}.attn_norm.weight`, shape: [WIDTH], type: 'F32' },
    { name: `blk.${index}.attn_q.weight`, shape: [WIDTH, WIDTH], type: 'F16' },
    { name: `blk.${index}.attn_k.weight`, shape: [WIDTH, kvWidth], type: 'F16' },
    { name: `blk.${index}.attn_v.weight`, shape: [WIDTH, kvWidth], type: 'F16' },
    { name: `blk.${index}.attn_output.weight`, shape: [WIDTH, WIDTH], type: 'F16' },
    { name: `blk.${index}.ffn_norm.weight`, shape: [WIDTH], type: 'F32' },
    { name: `blk.${index}.ffn_gate.weight`, shape: [WIDTH, FEED_FORWARD], type: 'F16' },
    { name: `blk.${index}.ffn_up.weight`, shape: [WIDTH, FEED_FORWARD], type: 'F16' },
    { name: `blk.${index}.ffn_down.weight`, shape: [FEED_FORWARD, WIDTH], type: 'F16' },
  ];
  const tensors: WriterTensor[] = [
    { name: 'token_embd.weight', shape: [WIDTH, vocabulary.length], type: 'F16' },
    ...Array.from({ length: BLOCKS }, (_, index) => block(index)).flat(),
    { name: 'output_norm.weight', shape: [WIDTH], type: 'F32' },
    { name: 'output.weight', shape: [WIDTH, vocabulary.length], type: 'F16' },
  ];
  const { bytes } = writeGguf({ metadata, tensors, data: true });
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}
