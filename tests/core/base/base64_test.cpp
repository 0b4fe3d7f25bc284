#include "core/base/base64.h"

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace trimtab::base {
namespace {

// RFC 4648, section 10.
TEST(Base64, AgreesWithTheExamplesOfItsStandard) {
    const std::pair<const char*, const char*> examples[] = {{"", ""},         {"f", "Zg=="},         {"fo", "Zm8="},        {"foo", "Zm9v"},
                                                            {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, text] : examples) {
        EXPECT_EQ(toBase64(plain), text);
        EXPECT_EQ(fromBase64(text).value_or("refused"), plain);
    }
}

TEST(Base64, ReadsBackBytesOfAnyKindAndLength) {
    Random random(1);
    for (const std::size_t size : {1U, 255U, 256U, 257U, (3U << 20) - 1, (3U << 20) + 1}) {
        std::string bytes(size, '\0');
        for (char& byte : bytes) byte = static_cast<char>(random.below(256));
        EXPECT_TRUE(fromBase64(toBase64(bytes)) == bytes) << size;
    }
}

TEST(Base64, RefusesWhatIsNone) {
    for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Z===", "Zm9v\n", " Zm9v", "Zm=v", "====", "Zm9vZg==Zm9v", "Zm9*"}) {
        const auto bytes = fromBase64(text);
        ASSERT_FALSE(bytes) << text;
        EXPECT_EQ(bytes.error().code, ErrorCode::Refused);
    }
}

}  // namespace
}  // namespace trimtab::base
