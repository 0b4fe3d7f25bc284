// Where the library is looked for.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "core/base/file.h"
#include "kernels/onnxruntime/library.h"

namespace trimtab::onnxruntime {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Places : public ::testing::Test {
protected:
    void SetUp() override {
        for (const char* name : {"TRIMTAB_ONNXRUNTIME", "ONNXRUNTIME_ROOT"}) {
            const char* value = std::getenv(name);
            m_before[name] = value ? std::optional<std::string>(value) : std::nullopt;
            ::unsetenv(name);
        }
    }
    void TearDown() override {
        for (const auto& [name, value] : m_before) value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
    }
    std::string file(const std::string& relative) const {
        const auto path = m_folder.path() / relative;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << "no library";
        return path.string();
    }
    std::string folder() const { return m_folder.path().string(); }

    base::TemporaryFolder m_folder = base::TemporaryFolder::create("onnxruntime-places").value();
    std::map<std::string, std::optional<std::string>> m_before;
};

TEST_F(Places, AreTheSystemsOwnWhenNothingIsSaid) {
    EXPECT_THAT(libraryCandidates().value(), ElementsAre("libonnxruntime.so", "libonnxruntime.so.1"));
}

TEST_F(Places, OfTheRootComeBeforeTheSystems) {
    const std::string library = file("lib/libonnxruntime.so.1.29.0");
    ::setenv("ONNXRUNTIME_ROOT", folder().c_str(), 1);
    EXPECT_THAT(libraryCandidates().value(), ElementsAre(library, "libonnxruntime.so", "libonnxruntime.so.1"));
}

TEST_F(Places, ThatAreSaidOutrightAreTheOnlyOnes) {
    const std::string versioned = file("lib/libonnxruntime.so.1"), plain = file("lib/libonnxruntime.so");
    ::setenv("ONNXRUNTIME_ROOT", "/nowhere", 1);
    for (const std::string& given : {folder(), folder() + "/lib"}) {
        ::setenv("TRIMTAB_ONNXRUNTIME", given.c_str(), 1);
        EXPECT_THAT(libraryCandidates().value(), ElementsAre(plain, versioned));
    }
    ::setenv("TRIMTAB_ONNXRUNTIME", versioned.c_str(), 1);
    EXPECT_THAT(libraryCandidates().value(), ElementsAre(versioned));
}

TEST_F(Places, WithoutALibraryAreNamedInOneLine) {
    ::setenv("TRIMTAB_ONNXRUNTIME", folder().c_str(), 1);
    const auto found = libraryCandidates();
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(found.error().text(), AllOf(HasSubstr(folder()), HasSubstr("set TRIMTAB_ONNXRUNTIME"), Not(HasSubstr("\n"))));
}

}  // namespace
}  // namespace trimtab::onnxruntime
