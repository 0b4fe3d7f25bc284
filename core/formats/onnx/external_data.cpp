#include "core/formats/onnx/external_data.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace trimtab::formats::onnx {
namespace {

constexpr std::int64_t kAlignment = 4096;
constexpr std::size_t kMovedFrom = 1024;

class NewFile {
public:
    explicit NewFile(const std::filesystem::path& path)
        : m_descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {}
    ~NewFile() {
        if (m_descriptor >= 0) ::close(m_descriptor);
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    bool write(std::string_view bytes) {
        while (!bytes.empty() && m_descriptor >= 0) {
            const ssize_t done = ::write(m_descriptor, bytes.data(), std::min<std::size_t>(bytes.size(), 1 << 30));
            if (done < 0 && errno == EINTR) continue;
            if (done <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(done));
        }
        return m_descriptor >= 0;
    }

    bool finish() { return m_descriptor >= 0 && ::fsync(m_descriptor) == 0; }

private:
    int m_descriptor = -1;
};

void refer(::onnx::TensorProto& tensor, const std::string& location, std::int64_t offset, std::size_t length) {
    tensor.clear_raw_data();
    tensor.set_data_location(::onnx::TensorProto::EXTERNAL);
    const auto entry = [&](const char* key, const std::string& value) {
        auto* added = tensor.add_external_data();
        added->set_key(key);
        added->set_value(value);
    };
    entry("location", location);
    entry("offset", std::to_string(offset));
    entry("length", std::to_string(length));
}

}  // namespace

Result<std::int64_t> moveInitializersOut(::onnx::GraphProto& graph, const std::filesystem::path& path) {
    NewFile file(path);
    const auto failed = [&] { return fail(ErrorCode::Io, fmt::format("cannot be written: {}", std::strerror(errno)), path.string()); };
    std::int64_t offset = 0;
    for (auto& tensor : *graph.mutable_initializer()) {
        const std::string& raw = tensor.raw_data();
        if (raw.size() < kMovedFrom) continue;
        const std::int64_t padding = (kAlignment - offset % kAlignment) % kAlignment;
        if (!file.write(std::string(static_cast<std::size_t>(padding), '\0')) || !file.write(raw)) return failed();
        const std::size_t length = raw.size();
        refer(tensor, path.filename().string(), offset + padding, length);
        offset += padding + static_cast<std::int64_t>(length);
    }
    if (!file.finish()) return failed();
    return offset;
}

}  // namespace trimtab::formats::onnx
