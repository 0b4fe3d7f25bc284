#include "tests/core/formats/huggingface/altered_checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>

#include "core/formats/safetensors/checkpoint.h"
#include "core/formats/safetensors/safetensors.h"
#include "tests/core/formats/safetensors/composed.h"

namespace trimtab::formats::huggingface {
namespace {

std::string wordOf(DataType type) {
    for (const char* word : {"F32", "F16", "BF16", "F64", "I8", "U8", "I16", "U16", "I32", "U32", "I64", "U64", "F8_E4M3", "F8_E5M2"})
        if (safetensors::dataTypeOf(word) == type) return word;
    return "?";
}

}  // namespace

AlteredCheckpoint::AlteredCheckpoint(const std::filesystem::path& folder)
    : config(base::readJsonFile((folder / "config.json").string()).value()),
      tensors(safetensors::readCheckpoint(folder).value().tensors) {}

void AlteredCheckpoint::write(const std::filesystem::path& folder) const {
    std::string header = "{", buffer;
    for (const auto& [name, tensor] : tensors) {
        const std::size_t begin = buffer.size();
        buffer.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
        header += fmt::format(R"({}"{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", header.size() == 1 ? "" : ",", name,
                              wordOf(tensor.type()), fmt::join(tensor.shape(), ","), begin, buffer.size());
    }
    safetensors::write(folder / "model.safetensors", safetensors::composed(header + "}", buffer));
    std::ofstream(folder / "config.json") << base::dumpJson(config);
}

}  // namespace trimtab::formats::huggingface
