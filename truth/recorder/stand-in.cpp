// The devices, their buffers and backends. What they run and what tensors take on them says rules.h.

#include "stand-in.h"

#include <sys/mman.h>

#include <array>
#include <cstdint>
#include <string>

#include "ggml-backend-impl.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml-impl.h"
#include "rules.h"

namespace {

// Where buffers on pretended devices begin: never touched, only reckoned with.
constexpr uintptr_t NOWHERE = uintptr_t(1) << 40;
constexpr size_t CUDA_ALIGNMENT = 128;

struct device_state {
    int index = 0;
    std::string name;
    size_t free_bytes = 0;
    size_t total_bytes = 0;
    ggml_backend_device device = {};
    ggml_backend_buffer_type buffer_type = {};
};

std::array<device_state, STAND_IN_DEVICES> devices;
ggml_backend_reg registry = {};
ggml_backend_buffer_type host_buffer_type = {};

device_state & state_of(ggml_backend_dev_t dev) {
    return *static_cast<device_state *>(dev->context);
}

// Buffers.

const char * buffer_type_name(ggml_backend_buffer_type_t buft) {
    return static_cast<device_state *>(buft->context)->name.c_str();
}

ggml_backend_buffer_t allocate(ggml_backend_buffer_type_t buft, size_t size) {
    ggml_backend_buffer_i iface = {};
    iface.get_base = [](ggml_backend_buffer_t) { return reinterpret_cast<void *>(NOWHERE); };
    iface.memset_tensor = [](ggml_backend_buffer_t, ggml_tensor *, uint8_t, size_t, size_t) {};
    iface.set_tensor = [](ggml_backend_buffer_t, ggml_tensor *, const void *, size_t, size_t) {};
    iface.get_tensor = [](ggml_backend_buffer_t, const ggml_tensor *, void *, size_t, size_t) {};
    iface.clear = [](ggml_backend_buffer_t, uint8_t) {};
    return ggml_backend_buffer_init(buft, iface, nullptr, size);
}

size_t allocation_size(ggml_backend_buffer_type_t, const ggml_tensor * tensor) {
    return cuda_rules::allocation_size(tensor);
}

const char * host_buffer_type_name(ggml_backend_buffer_type_t) {
    return "CUDA_Host";
}

// Pinned host memory: real addresses, but pages only where somebody writes.
ggml_backend_buffer_t allocate_host(ggml_backend_buffer_type_t buft, size_t size) {
    const size_t bytes = size == 0 ? 4096 : size;
    void * base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        return nullptr;
    }
    ggml_backend_buffer_t buffer = ggml_backend_cpu_buffer_from_ptr(base, bytes);
    buffer->buft = buft;
    buffer->iface.free_buffer = [](ggml_backend_buffer_t b) { munmap(ggml_backend_buffer_get_base(b), b->size); };
    buffer->iface.clear = [](ggml_backend_buffer_t, uint8_t) {};
    return buffer;
}

// Backends.

ggml_guid_t guid() {
    static ggml_guid id = { 0x73, 0x74, 0x61, 0x6e, 0x64, 0x69, 0x6e, 0x2d, 0x63, 0x75, 0x64, 0x61, 0x2d, 0x30, 0x30, 0x31 };
    return &id;
}

ggml_backend_t init_backend(ggml_backend_dev_t dev, const char *) {
    ggml_backend_i iface = {};
    iface.get_name = [](ggml_backend_t backend) { return state_of(backend->device).name.c_str(); };
    iface.free = [](ggml_backend_t backend) { delete backend; };
    iface.synchronize = [](ggml_backend_t) {};
    iface.graph_compute = [](ggml_backend_t, ggml_cgraph *) { return GGML_STATUS_SUCCESS; };
    iface.event_record = [](ggml_backend_t, ggml_backend_event_t) {};
    iface.event_wait = [](ggml_backend_t, ggml_backend_event_t) {};
    return new ggml_backend{ guid(), iface, dev, dev->context };
}

// Devices.

void properties(ggml_backend_dev_t dev, ggml_backend_dev_props * props) {
    const device_state & state = state_of(dev);
    *props = {};
    props->name = state.name.c_str();
    props->description = "pretended NVIDIA device";
    props->memory_free = state.free_bytes;
    props->memory_total = state.total_bytes;
    props->type = GGML_BACKEND_DEVICE_TYPE_GPU;
    props->caps.async = true;
    props->caps.host_buffer = true;
    props->caps.buffer_from_host_ptr = false;
    props->caps.events = true;
}

// A device reads its own buffers only.
bool reads_other_device(ggml_backend_dev_t dev, const ggml_tensor * op) {
    for (int i = 0; i < GGML_MAX_SRC; i++) {
        const ggml_tensor * source = op->src[i];
        if (source == nullptr || source->buffer == nullptr) {
            continue;
        }
        ggml_backend_dev_t home = source->buffer->buft->device;
        if (home != nullptr && home != dev && home->reg == &registry && source->buffer->buft != &host_buffer_type) {
            return true;
        }
    }
    return false;
}

ggml_backend_device_i device_interface() {
    ggml_backend_device_i iface = {};
    iface.get_name = [](ggml_backend_dev_t dev) { return state_of(dev).name.c_str(); };
    iface.get_description = [](ggml_backend_dev_t) { return "pretended NVIDIA device"; };
    iface.get_memory = [](ggml_backend_dev_t dev, size_t * free, size_t * total) {
        *free = state_of(dev).free_bytes;
        *total = state_of(dev).total_bytes;
    };
    iface.get_type = [](ggml_backend_dev_t) { return GGML_BACKEND_DEVICE_TYPE_GPU; };
    iface.get_props = properties;
    iface.init_backend = init_backend;
    iface.get_buffer_type = [](ggml_backend_dev_t dev) { return &state_of(dev).buffer_type; };
    iface.get_host_buffer_type = [](ggml_backend_dev_t) { return &host_buffer_type; };
    iface.supports_op = [](ggml_backend_dev_t dev, const ggml_tensor * op) {
        return !reads_other_device(dev, op) && cuda_rules::supports(op);
    };
    iface.supports_buft = [](ggml_backend_dev_t dev, ggml_backend_buffer_type_t buft) {
        return buft == &state_of(dev).buffer_type;
    };
    iface.offload_op = [](ggml_backend_dev_t, const ggml_tensor * op) { return cuda_rules::offloads(op); };
    iface.event_new = [](ggml_backend_dev_t dev) { return new ggml_backend_event{ dev, nullptr }; };
    iface.event_free = [](ggml_backend_dev_t, ggml_backend_event_t event) { delete event; };
    iface.event_synchronize = [](ggml_backend_dev_t, ggml_backend_event_t) {};
    return iface;
}

} // namespace

void stand_in_register() {
    registry.api_version = GGML_BACKEND_API_VERSION;
    registry.iface.get_name = [](ggml_backend_reg_t) { return "CUDA"; };
    registry.iface.get_device_count = [](ggml_backend_reg_t) { return size_t(STAND_IN_DEVICES); };
    registry.iface.get_device = [](ggml_backend_reg_t, size_t index) { return &devices[index].device; };
    registry.iface.get_proc_address = [](ggml_backend_reg_t, const char *) -> void * { return nullptr; };
    for (int i = 0; i < STAND_IN_DEVICES; i++) {
        device_state & state = devices[i];
        state.index = i;
        state.name = "CUDA" + std::to_string(i);
        state.device = { device_interface(), &registry, &state };
        state.buffer_type.iface.get_name = buffer_type_name;
        state.buffer_type.iface.alloc_buffer = allocate;
        state.buffer_type.iface.get_alignment = [](ggml_backend_buffer_type_t) { return CUDA_ALIGNMENT; };
        state.buffer_type.iface.get_alloc_size = allocation_size;
        state.buffer_type.device = &state.device;
        state.buffer_type.context = &state;
    }
    ggml_backend_buffer_type_t plain = ggml_backend_cpu_buffer_type();
    host_buffer_type.iface.get_name = host_buffer_type_name;
    host_buffer_type.iface.alloc_buffer = allocate_host;
    host_buffer_type.iface.get_alignment = plain->iface.get_alignment;
    host_buffer_type.iface.get_alloc_size = plain->iface.get_alloc_size;
    host_buffer_type.iface.is_host = plain->iface.is_host;
    host_buffer_type.device = &devices[0].device;
    ggml_backend_register(&registry);
}

void stand_in_set_memory(const std::vector<size_t> & free_bytes, const std::vector<size_t> & total_bytes) {
    for (size_t i = 0; i < free_bytes.size() && i < devices.size(); i++) {
        devices[i].free_bytes = free_bytes[i];
        devices[i].total_bytes = total_bytes[i];
    }
}

ggml_backend_dev_t stand_in_device(int index) {
    return &devices[index].device;
}
