/**
 * The operations of a ggml graph as far as memory depends on them, and which of them may write over a parent.
 *
 * Source: ggml.h (`ggml_op`), ggml-alloc.c (`ggml_op_can_inplace`), ggml-backend.cpp (`ggml_is_view_op`).
 */

export const OP_NONE = 0;
export const OP_VIEW = 1;
export const OP_RESHAPE = 2;
export const OP_PERMUTE = 3;
export const OP_TRANSPOSE = 4;
export const OP_GET_ROWS = 5;
export const OP_SET_ROWS = 6;
export const OP_MUL_MAT = 7;
export const OP_MUL_MAT_ID = 8;
export const OP_ADD = 9;
export const OP_ADD_ID = 10;
export const OP_SUB = 11;
export const OP_MUL = 12;
export const OP_DIV = 13;
export const OP_SQR = 14;
export const OP_SQRT = 15;
export const OP_LOG = 16;
export const OP_UNARY = 17;
export const OP_ROPE = 18;
export const OP_RMS_NORM = 19;
export const OP_SOFT_MAX = 20;
export const OP_SCALE = 21;
export const OP_FILL = 22;
export const OP_DIAG_MASK = 23;
export const OP_NORM = 24;
export const OP_L2_NORM = 25;
export const OP_GLU = 27;
export const OP_CONT = 28;
export const OP_CPY = 29;
export const OP_CONCAT = 30;
export const OP_REPEAT = 31;
export const OP_PAD = 32;
export const OP_ARGSORT = 33;
export const OP_SUM_ROWS = 34;
export const OP_CLAMP = 35;
export const OP_FLASH_ATTN = 36;
export const OP_SSM_CONV = 37;
export const OP_SSM_SCAN = 38;
export const OP_GATED_DELTA_NET = 39;
export const OP_CUMSUM = 40;
export const OP_TRI = 41;
export const OP_DIAG = 42;
export const OP_SOLVE_TRI = 43;
export const OP_RWKV = 44;
export const OP_TOP_K = 46;
/** Any other operation with a result of its own. */
export const OP_OTHER = 47;
const OP_COUNT = 48;

function flags(...ops: readonly number[]): Uint8Array {
  const result = new Uint8Array(OP_COUNT);
  for (const op of ops) {
    result[op] = 1;
  }
  return result;
}

/** Operations that only look at another tensor's memory. */
export const IS_VIEW_OP: Uint8Array = flags(OP_VIEW, OP_RESHAPE, OP_PERMUTE, OP_TRANSPOSE);

/** Operations whose result may take the place of a parent of the same layout. */
export const CAN_INPLACE: Uint8Array = flags(
  OP_FILL,
  OP_SCALE,
  OP_DIAG_MASK,
  OP_ADD,
  OP_ADD_ID,
  OP_SUB,
  OP_MUL,
  OP_DIV,
  OP_SQR,
  OP_SQRT,
  OP_LOG,
  OP_UNARY,
  OP_ROPE,
  OP_RMS_NORM,
  OP_SOFT_MAX,
);
