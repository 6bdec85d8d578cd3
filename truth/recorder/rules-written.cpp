// CUDA's rules as facts (ggml-cuda.cu: supports_op, offload_op, get_alloc_size; fattn.cu: choice of the kernel), for a card
// of Turing or later without GGML_CUDA_FA_ALL_QUANTS. Kinds that are not named here are taken for supported.

#include <cstring>
#include <initializer_list>

#include "ggml.h"
#include "rules.h"

namespace cuda_rules {

namespace {

constexpr int64_t OFFLOAD_MIN_BATCH = 32;
constexpr int64_t ROW_PADDING = 512;
constexpr int64_t CELL_STRIDE = 256;

bool is_cache_type(ggml_type type) {
    return type == GGML_TYPE_F32 || type == GGML_TYPE_F16 || type == GGML_TYPE_Q4_0 || type == GGML_TYPE_Q8_0 ||
        type == GGML_TYPE_BF16;
}

// Whether queries that share a head of K are worked on together.
bool shares_heads(const ggml_tensor * op) {
    const ggml_tensor * q = op->src[0];
    const ggml_tensor * k = op->src[1];
    const ggml_tensor * mask = op->src[3];
    float max_bias = 0.0f;
    std::memcpy(&max_bias, reinterpret_cast<const float *>(op->op_params) + 1, sizeof(float));
    if (q->ne[2] / k->ne[2] < 2 || mask == nullptr || max_bias != 0.0f || k->ne[1] % CELL_STRIDE != 0) {
        return false;
    }
    for (int source : { 0, 1, 2, 3 }) {
        const ggml_tensor * t = op->src[source];
        if (ggml_is_quantized(t->type)) {
            continue;
        }
        for (int i = 1; i < GGML_MAX_DIMS; i++) {
            if (t->nb[i] % 16 != 0) {
                return false;
            }
        }
    }
    return true;
}

bool has_flash_attention(const ggml_tensor * op) {
    const ggml_tensor * q = op->src[0];
    const ggml_tensor * k = op->src[1];
    const ggml_tensor * v = op->src[2];
    const ggml_tensor * mask = op->src[3];
    const int64_t ratio = q->ne[2] / k->ne[2];
    if (k->type != v->type || !is_cache_type(k->type) || (mask != nullptr && mask->ne[2] != 1)) {
        return false;
    }
    switch (k->ne[0]) {
        case 40: case 64: case 72: case 80: case 96: case 112: case 128: case 256:
            return v->ne[0] == k->ne[0];
        case 192:
            return v->ne[0] == 128 && ratio % 8 == 0 && shares_heads(op);
        case 320:
            return v->ne[0] == 256 && ratio % 32 == 0 && shares_heads(op);
        case 512:
            return v->ne[0] == k->ne[0] && shares_heads(op);
        case 576:
            return v->ne[0] == 512 && shares_heads(op);
        default:
            return false;
    }
}

// The kernel for few queries reads K and V as they are.
bool uses_vector_kernel(const ggml_tensor * op) {
    const ggml_tensor * q = op->src[0];
    const ggml_tensor * k = op->src[1];
    const ggml_tensor * v = op->src[2];
    const int64_t head = q->ne[0];
    if ((head != 64 && head != 128 && head != 256) || k->ne[1] % CELL_STRIDE != 0) {
        return false;
    }
    if (ggml_is_quantized(k->type) || ggml_is_quantized(v->type)) {
        return q->ne[1] <= 2;
    }
    const bool many = q->ne[2] / k->ne[2] > 4 && k->ne[1] >= 8192;
    return q->ne[1] == 1 && ((q->ne[3] == 1 && !many) || !shares_heads(op));
}

size_t half_copy(const ggml_tensor * t) {
    return t->type == GGML_TYPE_F16 ? 0 : ggml_nelements(t) * sizeof(ggml_fp16_t);
}

bool picks_rows(ggml_type type) {
    switch (type) {
        case GGML_TYPE_F16: case GGML_TYPE_F32: case GGML_TYPE_BF16: case GGML_TYPE_I32: case GGML_TYPE_Q4_0:
        case GGML_TYPE_Q4_1: case GGML_TYPE_Q5_0: case GGML_TYPE_Q5_1: case GGML_TYPE_Q8_0:
            return true;
        default:
            return false;
    }
}

bool scans(const ggml_tensor * op) {
    const ggml_tensor * state = op->src[0];
    const ggml_tensor * decay = op->src[3];
    if (decay->ne[0] == 1) {
        return (state->ne[0] == 128 || state->ne[0] == 256) && state->ne[1] % 16 == 0;
    }
    return state->ne[0] == 16 && state->ne[1] == 1 && state->ne[2] % 128 == 0 && op->src[4]->ne[1] == 1;
}

} // namespace

bool supports(const ggml_tensor * op) {
    switch (op->op) {
        case GGML_OP_FLASH_ATTN_EXT:
            return has_flash_attention(op);
        case GGML_OP_GET_ROWS:
            return picks_rows(op->src[0]->type);
        case GGML_OP_SSM_SCAN:
            return scans(op);
        default:
            return true;
    }
}

bool offloads(const ggml_tensor * op) {
    switch (op->op) {
        case GGML_OP_GET_ROWS:
            return false;
        case GGML_OP_MUL_MAT:
            return op->ne[1] >= OFFLOAD_MIN_BATCH;
        case GGML_OP_MUL_MAT_ID:
        case GGML_OP_ROPE:
        case GGML_OP_ROPE_BACK:
            return op->ne[2] >= OFFLOAD_MIN_BATCH;
        default:
            return ggml_nrows(op) >= OFFLOAD_MIN_BATCH;
    }
}

size_t allocation_size(const ggml_tensor * tensor) {
    size_t size = ggml_nbytes(tensor);
    if (tensor->op == GGML_OP_FLASH_ATTN_EXT && has_flash_attention(tensor) && !uses_vector_kernel(tensor)) {
        // Since PR 23907 copies of K and V as F16 lie behind the result; the V of a latent is a view of its K.
        const ggml_tensor * k = tensor->src[1];
        const ggml_tensor * v = tensor->src[2];
        const bool same = v->view_src != nullptr && (v->view_src == k || v->view_src == k->view_src);
        size += half_copy(k) + (same ? 0 : half_copy(v));
    }
    if (ggml_is_quantized(tensor->type) && tensor->ne[0] % ROW_PADDING != 0) {
        size += ggml_row_size(tensor->type, ROW_PADDING - tensor->ne[0] % ROW_PADDING);
    }
    return size;
}

} // namespace cuda_rules
