// Plans configurations of one model with llama.cpp's own planner on pretended CUDA devices.
//
// recorder MODEL.gguf: a configuration a line on stdin (tab-separated key=value), a JSON object a line on stdout. The model's
// weights are never read and nothing is computed.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>
#include <algorithm>
#include <array>
#include <atomic>
#include <bitset>
#include <cassert>
#include <cmath>
#include <condition_variable>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <queue>
#include <random>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <variant>

// The planner has no door for a second reservation, and the difference between both is what is recorded.
#define private public
#define protected public
#include "llama-context.h"
#include "llama-model.h"
#undef private
#undef protected

#include "fit.h"
#include "ggml-backend.h"
#include "llama.h"
#include "llama-ext.h"
#include "stand-in.h"

// Asked for by common/log.cpp, whose home is not compiled.
bool tty_can_use_colors() {
    return false;
}

namespace {

using options = std::map<std::string, std::string>;

std::vector<std::string> split(const std::string & text, char separator) {
    std::vector<std::string> parts;
    std::stringstream stream(text);
    std::string part;
    while (std::getline(stream, part, separator)) {
        parts.push_back(part);
    }
    return parts;
}

options read_options(const std::string & line) {
    options result;
    for (const std::string & pair : split(line, '\t')) {
        const size_t equals = pair.find('=');
        if (equals != std::string::npos) {
            result[pair.substr(0, equals)] = pair.substr(equals + 1);
        }
    }
    return result;
}

long long number(const options & given, const char * key, long long fallback) {
    const auto found = given.find(key);
    return found == given.end() ? fallback : std::atoll(found->second.c_str());
}

std::string text(const options & given, const char * key, const char * fallback) {
    const auto found = given.find(key);
    return found == given.end() ? fallback : found->second;
}

ggml_type cache_type(const std::string & name) {
    for (int type = 0; type < GGML_TYPE_COUNT; type++) {
        const char * known = ggml_type_name(ggml_type(type));
        if (known != nullptr && name == known) {
            return ggml_type(type);
        }
    }
    throw std::runtime_error("unknown cache type " + name);
}

// Everything llama.cpp keeps pointers to while a configuration is planned.
struct configuration {
    llama_model_params model = llama_model_default_params();
    llama_context_params context = llama_context_default_params();
    std::vector<ggml_backend_dev_t> devices;
    std::vector<float> shares;
    std::list<std::string> patterns;
    std::vector<llama_model_tensor_buft_override> overrides;
    std::vector<size_t> margins;
};

std::unique_ptr<configuration> configure(const options & given) {
    auto result = std::make_unique<configuration>();
    std::vector<size_t> free_bytes;
    std::vector<size_t> total_bytes;
    for (const std::string & bytes : split(text(given, "free", ""), ',')) {
        free_bytes.push_back(std::strtoull(bytes.c_str(), nullptr, 10));
    }
    for (const std::string & bytes : split(text(given, "total", ""), ',')) {
        total_bytes.push_back(std::strtoull(bytes.c_str(), nullptr, 10));
    }
    stand_in_set_memory(free_bytes, total_bytes);
    for (size_t i = 0; i < free_bytes.size(); i++) {
        result->devices.push_back(stand_in_device(int(i)));
        result->margins.push_back(size_t(number(given, "margin", 1024)) << 20);
    }
    result->devices.push_back(nullptr);
    result->shares.assign(llama_max_devices(), 0.0f);
    size_t index = 0;
    for (const std::string & share : split(text(given, "ts", ""), ',')) {
        result->shares[index++] = std::strtof(share.c_str(), nullptr);
    }
    for (const std::string & pattern : split(text(given, "ot", ""), '\x1f')) {
        result->patterns.push_back(pattern);
        result->overrides.push_back({ result->patterns.back().c_str(), ggml_backend_cpu_buffer_type() });
    }
    result->overrides.resize(std::max(result->overrides.size() + 1, llama_max_tensor_buft_overrides()), { nullptr, nullptr });

    llama_model_params & model = result->model;
    model.devices = result->devices.data();
    model.n_gpu_layers = int32_t(number(given, "ngl", -1));
    model.tensor_split = result->shares.data();
    model.tensor_buft_overrides = result->patterns.empty() ? nullptr : result->overrides.data();
    model.no_alloc = true;
    model.load_mode = LLAMA_LOAD_MODE_NONE;

    llama_context_params & context = result->context;
    context.n_ctx = uint32_t(number(given, "ctx", 4096));
    context.n_batch = uint32_t(number(given, "b", 2048));
    context.n_ubatch = uint32_t(number(given, "ub", 512));
    context.n_seq_max = uint32_t(number(given, "np", 1));
    context.n_outputs_max = uint32_t(number(given, "nout", 0));
    context.swa_full = false;
    context.kv_unified = number(given, "kvu", 0) != 0;
    context.embeddings = number(given, "emb", 0) != 0;
    context.op_offload = number(given, "opo", 1) != 0;
    context.type_k = cache_type(text(given, "k", "f16"));
    context.type_v = cache_type(text(given, "v", "f16"));
    const std::string flash = text(given, "fa", "auto");
    context.flash_attn_type = flash == "on" ? LLAMA_FLASH_ATTN_TYPE_ENABLED :
        flash == "off" ? LLAMA_FLASH_ATTN_TYPE_DISABLED : LLAMA_FLASH_ATTN_TYPE_AUTO;
    return result;
}

struct sizes {
    size_t model = 0;
    size_t context = 0;
    size_t compute = 0;
};

void print_sizes(std::ostream & out, const sizes & s) {
    out << "{\"model\":" << s.model << ",\"context\":" << s.context << ",\"compute\":" << s.compute << "}";
}

// Compute buffers per buffer type as the context's last reservation left them.
std::map<std::string, size_t> compute_buffers(const llama_context & context) {
    std::map<std::string, size_t> result;
    for (size_t i = 0; i < context.backend_ptrs.size(); i++) {
        result[ggml_backend_buft_name(context.backend_buft[i])] += context.backend_buf_exp_size[i];
    }
    return result;
}

void plan(const char * path, const options & given) {
    const auto config = configure(given);
    std::unique_ptr<llama_model, decltype(&llama_model_free)> model(llama_model_load_from_file(path, config->model), llama_model_free);
    if (!model) {
        throw std::runtime_error("the model does not load");
    }
    std::unique_ptr<llama_context, decltype(&llama_free)> context(llama_init_from_model(model.get(), config->context), llama_free);
    if (!context) {
        throw std::runtime_error("the context is not made");
    }
    std::map<std::string, sizes> host;
    std::map<std::string, sizes> device;
    for (const auto & [buft, bytes] : llama_get_memory_breakdown(context.get())) {
        auto & target = ggml_backend_buft_is_host(buft) ? host : device;
        target[ggml_backend_buft_name(buft)] = { bytes.model, bytes.context, bytes.compute };
    }
    const auto believed = compute_buffers(*context);
    // The real reservation: on pretended devices, so that it takes nothing.
    model->hparams.no_alloc = false;
    context->sched_need_reserve = true;
    context->sched_reserve();
    const auto reserved = compute_buffers(*context);
    const int copies = ggml_backend_sched_get_n_copies(context->sched.get());
    const int splits = ggml_backend_sched_get_n_splits(context->sched.get());
    const int nodes = ggml_graph_n_nodes(context->gf_res_reserve->get_gf());
    model->hparams.no_alloc = true;

    std::ostringstream out;
    out << "{\"devices\":[";
    const auto find = [](const std::map<std::string, size_t> & all, const std::string & name) {
        const auto found = all.find(name);
        return found == all.end() ? size_t(0) : found->second;
    };
    for (size_t i = 0; i + 1 < config->devices.size(); i++) {
        const std::string name = ggml_backend_dev_name(config->devices[i]);
        sizes s = device[name];
        s.compute = find(reserved, name);
        out << (i == 0 ? "" : ",");
        print_sizes(out, s);
    }
    out << "],\"host\":{";
    bool first = true;
    size_t host_believed = 0;
    for (const auto & [name, bytes] : host) {
        sizes s = bytes;
        s.compute = find(reserved, name);
        host_believed += find(believed, name);
        out << (first ? "" : ",") << "\"" << name << "\":";
        print_sizes(out, s);
        first = false;
    }
    out << "},\"compute_fit\":[";
    for (size_t i = 0; i + 1 < config->devices.size(); i++) {
        out << (i == 0 ? "" : ",") << find(believed, ggml_backend_dev_name(config->devices[i]));
    }
    out << "],\"host_compute_fit\":" << host_believed << ",\"n_ctx\":" << llama_n_ctx(context.get())
        << ",\"fa\":" << (context->cparams.flash_attn ? "true" : "false") << ",\"copies\":" << copies << ",\"splits\":" << splits
        << ",\"nodes\":" << nodes << "}";
    std::cout << out.str() << std::endl;
}

void fit(const char * path, const options & given) {
    const auto config = configure(given);
    const auto status = common_fit_params(path, &config->model, &config->context, config->shares.data(), config->overrides.data(),
        config->margins.data(), uint32_t(number(given, "least", 4096)), GGML_LOG_LEVEL_ERROR);
    std::ostringstream out;
    out << "{\"status\":" << int(status) << ",\"n_gpu_layers\":" << config->model.n_gpu_layers << ",\"n_ctx\":" << config->context.n_ctx
        << ",\"tensor_split\":[";
    for (size_t i = 0; i + 1 < config->devices.size(); i++) {
        out << (i == 0 ? "" : ",") << config->shares[i];
    }
    out << "],\"overrides\":[";
    for (size_t i = 0; i < config->overrides.size() && config->overrides[i].pattern != nullptr; i++) {
        std::string escaped;
        for (const char c : std::string(config->overrides[i].pattern)) {
            escaped += c == '\\' || c == '"' ? std::string("\\") + c : std::string(1, c);
        }
        out << (i == 0 ? "" : ",") << "[\"" << escaped << "\",\"" << ggml_backend_buft_name(config->overrides[i].buft) << "\"]";
    }
    out << "]}";
    std::cout << out.str() << std::endl;
}

} // namespace

int main(int argc, char ** argv) {
    if (argc != 2) {
        std::cerr << "usage: recorder MODEL.gguf < configurations" << std::endl;
        return 2;
    }
    const bool loud = std::getenv("RECORDER_LOG") != nullptr;
    llama_log_set([](ggml_log_level level, const char * message, void * user_data) {
        if (*static_cast<const bool *>(user_data) || level == GGML_LOG_LEVEL_ERROR) {
            std::fputs(message, stderr);
        }
    }, const_cast<bool *>(&loud));
    stand_in_register();
    llama_backend_init();
    std::string line;
    while (std::getline(std::cin, line)) {
        const options given = read_options(line);
        try {
            if (text(given, "mode", "plan") == "fit") {
                fit(argv[1], given);
            } else {
                plan(argv[1], given);
            }
        } catch (const std::exception & error) {
            std::string what;
            for (const char c : std::string(error.what())) {
                what += c == '"' || c == '\\' || c == '\n' ? ' ' : c;
            }
            std::cout << "{\"error\":\"" << what << "\"}" << std::endl;
        }
    }
    return 0;
}
