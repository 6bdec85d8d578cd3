/** What differs from one build of llama.cpp to another, as far as memory depends on it (llama-cpp/builds.ts has the table). */
export interface BuildFacts {
  /** llama.cpp's own name of the build: `b10454`. */
  readonly name: string;
  /** LLAMA_MAX_EXPERTS (llama-hparams.h). */
  readonly maxExperts: number;
  /**
   * Whether a fused QKV and the biases of Q, K and V of blocks for multi-token prediction are loaded although the blocks
   * are skipped (llama-model.cpp, `create_tensor_qkv`).
   */
  readonly loadsNextnQkv: boolean;
  /** Whether `--fit` counts blocks for multi-token prediction among the layers it places (common/fit.cpp). */
  readonly fitCountsNextn: boolean;
  /** Whether CUDA looks up rows of types with blocks of 256, too (ggml-cuda.cu, `supports_op` of GET_ROWS). */
  readonly picksLongBlocks: boolean;
  /** Whether the indexer of DeepSeek 3.2 and GLM 5 rotates views and joins them again (models/deepseek32.cpp). */
  readonly indexerSplitsHeads: boolean;
  /** Whether Nemotron H picks output rows within its last layer, not behind the last norm (models/nemotron-h.cpp). */
  readonly nemotronPicksInLayer: boolean;
}
