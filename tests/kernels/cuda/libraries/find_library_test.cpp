// The search for the toolkit's libraries, over folders made for the purpose.
#include "kernels/cuda/libraries/find_library.h"

#include <gmock/gmock.h>

#include <fstream>
#include <map>

#include "core/base/file.h"

namespace trimtab::cuda {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class FindLibrary : public ::testing::Test {
protected:
    fs::path root() const { return m_folder.path(); }
    Surroundings surroundings() const {
        return {[this](const char* name) {
                    const auto found = m_variables.find(name);
                    return found == m_variables.end() ? std::string() : found->second;
                },
                root()};
    }
    /// Makes an empty file; the folders above it too.
    fs::path file(const std::string& relative) const {
        const fs::path path = root() / relative;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << "x";
        return path;
    }
    std::string found(std::string_view stem = "cublasLt", int major = 13) const {
        const auto path = findToolkitLibrary(stem, major, surroundings());
        return path ? path->lexically_relative(root()).string() : "none: " + path.error().text();
    }
    void set(const std::string& name, const std::string& value) { m_variables[name] = value; }

private:
    base::TemporaryFolder m_folder = base::TemporaryFolder::create("find_library").value();
    std::map<std::string, std::string> m_variables;
};

TEST_F(FindLibrary, LooksWhereTheToolkitInstallsItself) {
    file("usr/local/cuda/lib64/libcublasLt.so.13");
    EXPECT_EQ(found(), "usr/local/cuda/lib64/libcublasLt.so.13");
}

TEST_F(FindLibrary, TakesTheNewestOfSeveralToolkits) {
    file("usr/local/cuda-13.0/targets/x86_64-linux/lib/libcublasLt.so.13");
    file("usr/local/cuda-13.2/targets/x86_64-linux/lib/libcublasLt.so.13");
    EXPECT_EQ(found(), "usr/local/cuda-13.2/targets/x86_64-linux/lib/libcublasLt.so.13");
}

TEST_F(FindLibrary, LooksWhereTheToolkitKeepsWhatProfiles) {
    file("usr/local/cuda/extras/CUPTI/lib64/libcupti.so.13");
    EXPECT_EQ(found("cupti"), "usr/local/cuda/extras/CUPTI/lib64/libcupti.so.13");
}

TEST_F(FindLibrary, FollowsTheUsersWordFirst) {
    file("usr/local/cuda/lib64/libcublasLt.so.13");
    file("elsewhere/lib64/libcublasLt.so.13");
    set("CUDA_HOME", root() / "elsewhere");
    EXPECT_EQ(found(), "elsewhere/lib64/libcublasLt.so.13");
    set("CUDA_HOME", root() / "missing");
    EXPECT_EQ(found(), "usr/local/cuda/lib64/libcublasLt.so.13") << "a variable that points nowhere";
}

TEST_F(FindLibrary, LooksIntoPipPackages) {
    file("env/lib/python3.12/site-packages/nvidia/cu13/lib/libcublasLt.so.13");
    file("env/lib/python3.12/site-packages/nvidia/cudnn/lib/libcudnn.so.9");
    set("VIRTUAL_ENV", root() / "env");
    EXPECT_EQ(found(), "env/lib/python3.12/site-packages/nvidia/cu13/lib/libcublasLt.so.13");
    EXPECT_EQ(found("cudnn", 9), "env/lib/python3.12/site-packages/nvidia/cudnn/lib/libcudnn.so.9");
}

TEST_F(FindLibrary, LooksIntoOlderPipPackagesToo) {
    file("root/.local/lib/python3.11/site-packages/nvidia/cublas/lib/libcublasLt.so.13");
    set("HOME", root() / "root");
    EXPECT_EQ(found(), "root/.local/lib/python3.11/site-packages/nvidia/cublas/lib/libcublasLt.so.13");
}

TEST_F(FindLibrary, FindsTheEnvironmentOfThePythonOnThePath) {
    file("opt/torch/.venv/bin/python3");
    file("opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib/libcublasLt.so.13");
    set("PATH", "/usr/bin::/opt/torch/.venv/bin");
    EXPECT_EQ(found(), "opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib/libcublasLt.so.13");
}

TEST_F(FindLibrary, LooksIntoTheSystemsPackagesAndConda) {
    file("usr/local/lib/python3.12/dist-packages/nvidia/cublas/lib/libcublasLt.so.13");
    EXPECT_EQ(found(), "usr/local/lib/python3.12/dist-packages/nvidia/cublas/lib/libcublasLt.so.13");
    file("conda/lib/libcublasLt.so.13");
    set("CONDA_PREFIX", root() / "conda");
    EXPECT_EQ(found(), "conda/lib/libcublasLt.so.13");
}

TEST_F(FindLibrary, WantsTheMajorVersionThatWasAskedFor) {
    file("usr/local/cuda/lib64/libcublasLt.so.12");
    EXPECT_THAT(found(), HasSubstr("libcublasLt.so.13 was not found"));
}

TEST_F(FindLibrary, SaysInOneLineWhereItLooked) {
    file("usr/local/cuda/lib64/libcublasLt.so.12");
    EXPECT_THAT(found(), AllOf(HasSubstr((root() / "usr/local/cuda/lib64").string()), HasSubstr("CUDA_HOME"), Not(HasSubstr("\n"))));
}

TEST_F(FindLibrary, ListsAFolderOnceHoweverItIsNamed) {
    file("usr/local/cuda-13.0/lib64/libx.so.1");
    fs::create_directory_symlink(root() / "usr/local/cuda-13.0", root() / "usr/local/cuda");
    set("CUDA_PATH", root() / "usr/local/cuda");
    EXPECT_EQ(toolkitFolders(surroundings()).size(), 1U);
}

TEST_F(FindLibrary, OpensWhatTheLoaderKnowsAndRefusesTheRest) {
    EXPECT_TRUE(openToolkitLibrary("m", 6)) << "libm.so.6 stands for a library of the system";
    const auto refused = openToolkitLibrary("nothing-of-this-name", 13);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(refused.error().text(), HasSubstr("libnothing-of-this-name.so.13 was not found"));
}

}  // namespace
}  // namespace trimtab::cuda
