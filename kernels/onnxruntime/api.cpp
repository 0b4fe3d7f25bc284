#include "kernels/onnxruntime/api.h"

#include <string>

namespace trimtab::onnxruntime {
namespace {

constexpr std::size_t kLongestMessage = 600;

ErrorCode codeOf(OrtErrorCode code) {
    switch (code) {
        case ORT_NOT_IMPLEMENTED: return ErrorCode::Unsupported;
        case ORT_INVALID_ARGUMENT:
        case ORT_INVALID_GRAPH:
        case ORT_INVALID_PROTOBUF: return ErrorCode::Refused;
        default: return ErrorCode::Failed;
    }
}

std::string onOneLine(const char* words) {
    std::string text;
    for (const char* c = words ? words : "no reason is given"; *c && text.size() < kLongestMessage; ++c) {
        const bool blank = *c == '\n' || *c == '\r' || *c == '\t' || *c == ' ';
        if (!blank) text += *c;
        else if (!text.empty() && text.back() != ' ') text += ' ';
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
}

}  // namespace

Status check(const OrtApi& api, OrtStatus* status) {
    if (!status) return {};
    const std::string words = onOneLine(api.GetErrorMessage(status));
    ErrorCode code = codeOf(api.GetErrorCode(status));
    api.ReleaseStatus(status);
    // It has no code of its own for memory that cannot be had.
    if (words.find("bad_alloc") != std::string::npos || words.find("Failed to allocate memory") != std::string::npos)
        code = ErrorCode::OutOfMemory;
    return fail(code, "ONNX Runtime: " + words);
}

}  // namespace trimtab::onnxruntime
