#pragma once
// ONNX Runtime's C API: its objects by owner, its statuses as errors.
#include <memory>

#include <onnxruntime_c_api.h>

#include "core/base/result.h"

namespace trimtab::onnxruntime {

/// The oldest release that is taken; 1.16 is the first that reads files of IR version 9.
inline constexpr int kOldestApi = 16;
static_assert(ORT_API_VERSION >= kOldestApi, "the headers of ONNX Runtime are too old");

template <class T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

/// Where the API writes an object: the owner has it at the end of the full expression, not before.
template <class T>
class Out {
public:
    explicit Out(Owned<T>& owner) : m_owner(owner) {}
    ~Out() { m_owner.reset(m_raw); }
    operator T**() { return &m_raw; }

private:
    Owned<T>& m_owner;
    T* m_raw = nullptr;
};

/// Takes the status over. "Not implemented" is Unsupported, what the library finds wrong with a model or an input Refused, memory
/// OutOfMemory; the message is the library's own, on one line.
Status check(const OrtApi& api, OrtStatus* status);

}  // namespace trimtab::onnxruntime
