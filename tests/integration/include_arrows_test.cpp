// The house keeps its arrows: every #include of the tree is held against the design's order of rooms.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace trimtab {
namespace {

namespace fs = std::filesystem;

struct Include {
    std::string file;    // "core/graph/graph.h"
    std::string target;  // "core/tensor/tensor.h" or "sqlite3.h"
};

const std::vector<Include>& includes() {
    static const std::vector<Include> found = [] {
        std::vector<Include> list;
        const std::regex line(R"(^\s*#\s*include\s*["<]([^">]+)[">].*)");
        for (const char* top : {"core", "kernels", "profiler", "app"}) {
            for (const auto& entry : fs::recursive_directory_iterator(fs::path(TRIMTAB_SOURCE_DIR) / top)) {
                const auto extension = entry.path().extension();
                if (extension != ".h" && extension != ".cpp" && extension != ".cu" && extension != ".cuh") continue;
                std::ifstream file(entry.path());
                std::smatch match;
                for (std::string text; std::getline(file, text);)
                    if (std::regex_match(text, match, line))
                        list.push_back({fs::relative(entry.path(), TRIMTAB_SOURCE_DIR).string(), match[1]});
            }
        }
        return list;
    }();
    return found;
}

std::string room(const std::string& path, int depth) {
    std::string result;
    std::size_t at = 0;
    for (int i = 0; i < depth; ++i) {
        const auto slash = path.find('/', at);
        if (slash == std::string::npos) return path;
        result = path.substr(0, slash);
        at = slash + 1;
    }
    return result;
}

// Rooms of core in the design's order; rooms of one number don't include each other.
const std::map<std::string, int> kLevels{
    {"core/base", 0},     {"core/tensor", 1},  {"core/graph", 2},    {"core/formats", 3}, {"core/recipe", 3},   {"core/trace", 3},
    {"core/compress", 4}, {"core/runtime", 5}, {"core/parallel", 6}, {"core/dataset", 6}, {"core/evaluate", 7}, {"core/trial", 8},
    {"core/explain", 9},  {"core/tune", 10},   {"core/ipc", 10},     {"core/store", 11},  {"core/report", 12}};

bool isAgainstTheArrows(const Include& include) {
    const std::string from = room(include.file, 1), to = room(include.target, 1);
    static const std::set<std::string> kTops{"core", "kernels", "profiler", "app"};
    if (!kTops.contains(to) || include.target.find('/') == std::string::npos) return false;
    static const std::map<std::string, std::set<std::string>> kMay{
        {"core", {"core"}}, {"kernels", {"core", "kernels"}}, {"profiler", {"core", "kernels", "profiler"}}, {"app", {"core", "app"}}};
    if (!kMay.at(from).contains(to)) return true;
    const std::string fromRoom = room(include.file, 2), toRoom = room(include.target, 2);
    if (from == "app" && to == "core") {
        static const std::set<std::string> kOpen{"core/base",    "core/graph", "core/recipe", "core/trace", "core/trial",
                                                 "core/explain", "core/tune",  "core/ipc",    "core/store", "core/report"};
        return !kOpen.contains(toRoom);
    }
    if (from != "core" || fromRoom == toRoom) return false;
    const auto fromLevel = kLevels.find(fromRoom), toLevel = kLevels.find(toRoom);
    return fromLevel == kLevels.end() || toLevel == kLevels.end() || toLevel->second >= fromLevel->second;
}

TEST(IncludeArrows, TheTreeIsReadAtAll) { EXPECT_GT(includes().size(), 500U); }

TEST(IncludeArrows, NoRoomIncludesAgainstTheArrows) {
    for (const Include& include : includes()) EXPECT_FALSE(isAgainstTheArrows(include)) << include.file << " includes " << include.target;
}

TEST(IncludeArrows, TheRuleWouldNoticeAnOffence) {
    EXPECT_TRUE(isAgainstTheArrows({"core/graph/graph.cpp", "core/recipe/recipe.h"}));
    EXPECT_TRUE(isAgainstTheArrows({"core/recipe/recipe.cpp", "core/trace/layer_record.h"}));
    EXPECT_TRUE(isAgainstTheArrows({"app/cli/main.cpp", "kernels/ref/reference.h"}));
    EXPECT_TRUE(isAgainstTheArrows({"app/gui/main.cpp", "core/formats/onnx/reader.h"}));
    EXPECT_TRUE(isAgainstTheArrows({"kernels/cpu/engine.cpp", "profiler/host/recorder.h"}));
    EXPECT_FALSE(isAgainstTheArrows({"core/store/session.cpp", "core/trial/trial.h"}));
}

TEST(IncludeArrows, LibrariesStayInTheirRooms) {
    for (const Include& include : includes()) {
        const std::string& target = include.target;
        const std::string where = include.file + " includes " + target;
        const bool isQt =
            target.size() > 1 && target[0] == 'Q' && (std::isupper(static_cast<unsigned char>(target[1])) || target.starts_with("Qt"));
        const auto staysIn = [&](bool concerned, std::initializer_list<const char*> rooms) {
            if (!concerned) return;
            EXPECT_TRUE(std::ranges::any_of(rooms, [&](const char* home) { return include.file.starts_with(home); })) << where;
        };
        staysIn(isQt, {"app/gui/"});
        staysIn(target == "sqlite3.h", {"core/store/"});
        staysIn(target == "pcre2.h" || target == "utf8proc.h", {"core/dataset/tokenizers/"});
        staysIn(target.starts_with("onnx/"), {"core/formats/onnx/"});
        staysIn(target.starts_with("dnnl") || target.starts_with("oneapi/"), {"kernels/cpu/"});
        staysIn(target.starts_with("onnxruntime_"), {"kernels/onnxruntime/"});
        staysIn(target.starts_with("cupti"), {"profiler/cupti/"});
        staysIn(target.starts_with("cuda") || target.starts_with("cublas") || target.starts_with("cudnn"),
                {"kernels/cuda/", "profiler/cupti/"});
    }
}

TEST(IncludeArrows, NoFileGrowsBeyondSevenHundredLines) {
    for (const char* top : {"core", "kernels", "profiler", "app", "tests"}) {
        for (const auto& entry : fs::recursive_directory_iterator(fs::path(TRIMTAB_SOURCE_DIR) / top)) {
            if (entry.path().extension() != ".h" && entry.path().extension() != ".cpp") continue;
            std::ifstream file(entry.path());
            EXPECT_LE(std::count(std::istreambuf_iterator<char>(file), {}, '\n'), 700) << entry.path();
        }
    }
}

}  // namespace
}  // namespace trimtab
