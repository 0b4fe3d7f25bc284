// Templates in the styles that are in use, one construct at a time, and seeded ones: each writes what Jinja2 writes, or fails where Jinja2
// does (statements/state.py wrote them all).
#include <gtest/gtest.h>

#include <string>

#include "core/dataset/chat/chat_template.h"
#include "tests/core/dataset/chat/stated.h"

namespace trimtab::dataset::chat {
namespace {

/// When the statements were written: the fifth of July 2024, a Friday, 15:04:09.
std::tm statedTime() {
    std::tm time{};
    time.tm_year = 124;
    time.tm_mon = 6;
    time.tm_mday = 5;
    time.tm_hour = 15;
    time.tm_min = 4;
    time.tm_sec = 9;
    time.tm_wday = 5;
    time.tm_yday = 186;
    return time;
}

Result<std::string> rendered(const std::string& source, const Json& variables) {
    TRIMTAB_TRY(const ChatTemplate parsed, ChatTemplate::parse(source));
    return parsed.renderWith(variables, {.now = statedTime()});
}

class Statements : public testing::TestWithParam<const char*> {};

TEST_P(Statements, AreRenderedOrRefusedAsJinja2Does) {
    std::size_t written = 0, refused = 0;
    for (const Stated& stated : statedIn(GetParam())) {
        SCOPED_TRACE(stated.name + ": " + stated.source);
        const auto text = rendered(stated.source, stated.variables);
        if (stated.output) {
            ++written;
            ASSERT_TRUE(text) << text.error().text() << "\nwanted: " << *stated.output;
            EXPECT_EQ(*text, *stated.output);
            continue;
        }
        ++refused;
        ASSERT_FALSE(text) << *text;
        EXPECT_EQ(text.error().code, ErrorCode::Refused);
        EXPECT_TRUE(text.error().context.starts_with("chat template, line ")) << text.error().text();
        if (!stated.raised.empty()) {
            EXPECT_EQ(text.error().message, stated.raised);
        }
    }
    EXPECT_GT(written, 200U);
    EXPECT_GT(refused, 20U);
}

INSTANTIATE_TEST_SUITE_P(Of, Statements, testing::Values("styles.json", "features.json", "generated.json"), [](const auto& one) {
    const std::string name = one.param;
    return name.substr(0, name.find('.'));
});

}  // namespace
}  // namespace trimtab::dataset::chat
