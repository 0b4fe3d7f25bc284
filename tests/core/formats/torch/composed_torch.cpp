#include "tests/core/formats/torch/composed_torch.h"

#include <gtest/gtest.h>
#include <zip.h>

namespace trimtab::formats::torch {

void writeArchive(const std::filesystem::path& path, const std::vector<std::pair<std::string, std::string>>& entries, bool compressed) {
    int error = 0;
    zip_t* const archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
    ASSERT_NE(archive, nullptr) << error;
    for (const auto& [name, content] : entries) {
        zip_source_t* const source = zip_source_buffer(archive, content.data(), content.size(), 0);
        const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
        ASSERT_GE(index, 0) << name;
        ASSERT_EQ(zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0), 0);
    }
    ASSERT_EQ(zip_close(archive), 0);
}

}  // namespace trimtab::formats::torch
