// CUDA devices that are only pretended: llama.cpp plans on them, nothing is ever computed.
#pragma once

#include <cstddef>
#include <vector>

#include "ggml-backend.h"

constexpr int STAND_IN_DEVICES = 16;

// Registers CUDA0 to CUDA15.
void stand_in_register();

// What the first devices report as free and total, bytes.
void stand_in_set_memory(const std::vector<size_t> & free_bytes, const std::vector<size_t> & total_bytes);

ggml_backend_dev_t stand_in_device(int index);
