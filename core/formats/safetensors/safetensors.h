#pragma once
// Hugging Face's safetensors: eight bytes of length, a JSON header, one buffer. The format as its authors state it
// (huggingface.co/docs/safetensors, "Format"): the header is at most 100,000,000 bytes, no key stands twice, and the tensors fill the
// buffer without holes or overlaps.
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/file.h"
#include "core/tensor/tensor.h"

namespace trimtab::formats::safetensors {

struct Content {
    std::vector<NamedTensor> tensors;             // views of the mapping, in the order of their bytes
    std::map<std::string, std::string> metadata;  // "__metadata__"
};

/// Nothing is copied: tensors are as aligned as the file made them. Refused, naming the tensor, for headers that break the format and for
/// element types that no tensor here has (F6_E2M3, F6_E3M2).
Result<Content> read(const std::filesystem::path& path);
Result<Content> read(std::shared_ptr<const base::MappedFile> file);

/// "BF16" → BFloat16; nullopt for words that the format does not know or no tensor has.
std::optional<DataType> dataTypeOf(std::string_view word);

}  // namespace trimtab::formats::safetensors
