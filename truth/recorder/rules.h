// What a CUDA device runs, what is moved to it, and what tensors take on it. Two files answer: rules-written.cpp, our own
// words for packages that leave CUDA's sources out, or rules-taken.cpp, which compiles the package's own host functions.
#pragma once

#include "ggml.h"

namespace cuda_rules {

bool supports(const ggml_tensor * op);
bool offloads(const ggml_tensor * op);
size_t allocation_size(const ggml_tensor * tensor);

} // namespace cuda_rules
