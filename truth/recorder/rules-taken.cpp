// CUDA's rules as the package's own host functions, cut out of ggml-cuda into taken-rules.inc when the recorder is built.
// What those functions ask of the rest of ggml-cuda is answered here, for one kind of card.

#include <cstdint>
#include <cstring>
#include <string>

#include "ggml-backend-impl.h"
#include "ggml-impl.h"
#include "ggml.h"
#include "rules.h"

#define MATRIX_ROW_PADDING 512
#define FATTN_KQ_STRIDE 256
#define FLASH_ATTN_AVAILABLE
#define GGML_CUDA_USE_CUB
#define GGML_CUDA_CC_TURING 750
#define GGML_CUDA_CC_AMPERE 800
#define GGML_CUDA_CC_ADA_LOVELACE 890
#ifndef QK_K
#define QK_K 256
#endif

namespace {

// An RTX 4090's capability.
constexpr int CAPABILITY = 890;

struct card {
    int cc = CAPABILITY;
    bool integrated = false;
};
struct cards {
    card devices[16];
};
[[maybe_unused]] const cards & ggml_cuda_info() {
    static const cards all;
    return all;
}
[[maybe_unused]] bool turing_mma_available(int) { return true; }
[[maybe_unused]] bool ampere_mma_available(int) { return true; }
[[maybe_unused]] bool volta_mma_available(int) { return false; }
[[maybe_unused]] bool amd_mfma_available(int) { return false; }
[[maybe_unused]] bool amd_wmma_available(int) { return false; }

struct ggml_backend_cuda_device_context {
    int device = 0;
    int op_offload_min_batch_size = 32;
};
struct ggml_backend_cuda_buffer_type_context {
    int device = 0;
    std::string name;
};
// Whose buffers a source lies in is looked at by the stand-in itself.
[[maybe_unused]] bool ggml_backend_buft_is_cuda(ggml_backend_buffer_type_t) { return false; }

#include "taken-rules.inc"

ggml_backend_cuda_device_context device_context;
ggml_backend_cuda_buffer_type_context buffer_context;

} // namespace

namespace cuda_rules {

bool supports(const ggml_tensor * op) {
    ggml_backend_device device = {};
    device.context = &device_context;
    return ggml_backend_cuda_device_supports_op(&device, op);
}

bool offloads(const ggml_tensor * op) {
    return get_op_batch_size(op) >= device_context.op_offload_min_batch_size;
}

size_t allocation_size(const ggml_tensor * tensor) {
    ggml_backend_buffer_type buffer_type = {};
    buffer_type.context = &buffer_context;
    return ggml_backend_cuda_buffer_type_get_alloc_size(&buffer_type, tensor);
}

} // namespace cuda_rules
