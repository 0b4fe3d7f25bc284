// Templates that are broken in any way: each ends with a text or a refusal that says where.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/dataset/chat/chat_template.h"
#include "tests/core/dataset/chat/stated.h"

namespace trimtab::dataset::chat {
namespace {

const std::vector<Stated>& samples() {
    static const std::vector<Stated> all = allStated();
    return all;
}

/// With the variables of a sample.
void expectAnEnd(const std::string& source, const Json& variables) {
    const auto parsed = ChatTemplate::parse(source, {{"bos_token", "<s>"}});
    const auto text = parsed ? parsed->renderWith(variables, {.limits = {.steps = 20'000, .bytes = 4 << 20, .output = 1 << 16}})
                             : Result<std::string>(fail(parsed.error()));
    if (text) return;
    EXPECT_EQ(text.error().code, ErrorCode::Refused);
    EXPECT_FALSE(text.error().message.empty());
    EXPECT_TRUE(text.error().context.starts_with("chat template, line ")) << source << "\n" << text.error().text();
}

TEST(HostileTemplates, OfChangedBytesEnd) {
    const auto& all = samples();
    ASSERT_GT(all.size(), 1000U);
    constexpr std::string_view kParts[] = {
        "{{", "}}", "{%", "%}", "-", "+", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", "|", ".", ",", ":", "=", "~",
        "*", "**", "//", "%", " in ", " if ", " else ", " not ", " is ", "loop", "ns", "\n", "\xff", "\xe2", "{#", "#}",
        "f()", "::", "none", "_", "1e308", "endfor", "set a", "99999999999", "range(9)", "endmacro", "macro f(a)",
        "for i in l", "namespace()"};
    base::Random random(23);
    for (int round = 0; round < 6000; ++round) {
        const Stated& sample = all[random.below(all.size())];
        std::string source = sample.source;
        for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
            const std::uint64_t at = random.below(source.size() + 1);
            switch (random.below(4)) {
                case 0: source.insert(at, kParts[random.below(std::size(kParts))]); break;
                case 1: source.erase(std::min<std::size_t>(at, source.size()), random.below(6)); break;
                case 2: {
                    const std::string& other = all[random.below(all.size())].source;
                    const std::uint64_t from = random.below(other.size() + 1);
                    source.insert(at, other.substr(from, random.below(40)));
                    break;
                }
                default:
                    if (at < source.size()) source[at] = static_cast<char>(random.below(256));
            }
        }
        expectAnEnd(source, sample.variables);
    }
}

TEST(HostileTemplates, CutAnywhereEnd) {
    for (const Stated& sample : samples()) {
        const std::size_t step = 1 + sample.source.size() / 7;
        for (std::size_t end = 0; end < sample.source.size(); end += step) expectAnEnd(sample.source.substr(0, end), sample.variables);
    }
}

}  // namespace
}  // namespace trimtab::dataset::chat
