#pragma once
// TensorProto → Tensor: from raw bytes, typed fields or another file. Counts are held against the bytes that are there before anything is
// allocated.
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "core/base/file.h"
#include "core/formats/onnx/schema.h"
#include "core/tensor/tensor.h"

namespace trimtab::formats::onnx {

class TensorLoader {
public:
    /// External data lies beneath `folder`; `mapping` keeps the bytes of payloads alive.
    TensorLoader(std::filesystem::path folder, bool trustLinks, std::shared_ptr<const void> mapping)
        : m_folder(std::move(folder)), m_trustLinks(trustLinks), m_mapping(std::move(mapping)) {}

    /// Type and shape, checked, without the data.
    struct Header {
        DataType type = DataType::Undefined;
        Shape shape;
        std::int64_t count = 0;
        std::int64_t bytes = 0;
    };
    static Result<Header> header(const ::onnx::TensorProto& proto);

    /// `payload`: the raw_data that was cut out of the message, if any. Views the mapped bytes where they are aligned, copies otherwise.
    Result<Tensor> load(const ::onnx::TensorProto& proto, std::span<const std::byte> payload = {});

    /// As load() without reading: the bytes are there (external files are opened, their sizes held against offset and length).
    Status check(const ::onnx::TensorProto& proto, std::span<const std::byte> payload = {});

    std::int64_t externalBytes() const { return m_externalBytes; }

private:
    struct Place {
        std::span<const std::byte> bytes;
        std::shared_ptr<const void> owner;  // null: the bytes must be copied
    };
    Result<Place> rawPlace(const ::onnx::TensorProto& proto, const Header& header, std::span<const std::byte> payload);
    Result<Place> externalPlace(const ::onnx::TensorProto& proto, const Header& header);
    Result<std::shared_ptr<const base::MappedFile>> externalFile(const std::string& location);

    std::filesystem::path m_folder;
    bool m_trustLinks = false;
    std::shared_ptr<const void> m_mapping;
    std::map<std::string, Result<std::shared_ptr<const base::MappedFile>>> m_files;
    std::int64_t m_externalBytes = 0;
};

}  // namespace trimtab::formats::onnx
