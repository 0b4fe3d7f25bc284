// What libtrimtab-onnxruntime.so exports.
#include "core/runtime/module.h"
#include "kernels/onnxruntime/onnxruntime_engine.h"

extern "C" __attribute__((visibility("default"))) const trimtab::runtime::Module* trimtab_module() {
    static const trimtab::runtime::Module module = trimtab::runtime::describeModule(trimtab::onnxruntime::makeOnnxRuntimeEngine);
    return &module;
}
