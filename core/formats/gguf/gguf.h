#pragma once
// GGUF, the file of llama.cpp: "GGUF", a version, metadata, a table of tensors, and their bytes (ggml's docs/gguf.md). Versions 2 and 3,
// little endian.
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "core/base/file.h"
#include "core/formats/gguf/block_type.h"
#include "core/formats/gguf/metadata.h"
#include "core/tensor/shape.h"

namespace trimtab::formats::gguf {

struct StoredTensor {
    BlockType type = BlockType::F32;
    Shape shape;  // row-major: the file lists extents the other way round
    std::span<const std::byte> bytes;
};

struct Content {
    std::uint32_t version = 0;
    Metadata metadata;
    std::map<std::string, StoredTensor> tensors;
    std::int64_t tensorBytes = 0;                  // of all of them
    std::shared_ptr<const base::MappedFile> file;  // keeps what is viewed alive
};

/// Whether the file begins as a GGUF file does.
bool isGguf(const std::filesystem::path& path);

/// Nothing is copied. Refused, with the key or the tensor, for what breaks the format or is not there; Unsupported for other versions, big
/// endian, arrays in arrays and types of tensors that are not read.
Result<Content> read(const std::filesystem::path& path);
Result<Content> read(std::shared_ptr<const base::MappedFile> file);

}  // namespace trimtab::formats::gguf
