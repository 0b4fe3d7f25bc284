#include "core/ipc/transport.h"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <unistd.h>

namespace trimtab::ipc {
namespace {

/// Two pipes, so that bytes can be put in by hand and what a transport writes can be read by hand.
struct Line {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    Line() {
        EXPECT_EQ(::pipe(in.data()), 0);
        EXPECT_EQ(::pipe(out.data()), 0);
    }
    ~Line() {
        for (const int descriptor : {in[0], in[1], out[0], out[1]})
            if (descriptor >= 0) ::close(descriptor);
    }
    void feed(const std::string& bytes) { EXPECT_EQ(::write(in[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size())); }
    void endInput() {
        ::close(in[1]);
        in[1] = -1;
    }
};

ErrorCode errorOf(const std::string& bytes) {
    Line line;
    line.feed(bytes);
    line.endInput();
    Transport transport(line.in[0], line.out[1]);
    const auto message = transport.receive();
    EXPECT_FALSE(message.has_value());
    return message ? ErrorCode::Failed : message.error().code;
}

TEST(Transport, FramesAMessageWithItsLength) {
    Line line;
    Transport transport(line.in[0], line.out[1]);
    ASSERT_TRUE(transport.send({{"a", 1}}));
    std::array<char, 64> bytes{};
    const ssize_t n = ::read(line.out[0], bytes.data(), bytes.size());
    EXPECT_EQ(std::string(bytes.data(), static_cast<std::size_t>(n)), "Content-Length: 7\r\n\r\n{\"a\":1}");
}

TEST(Transport, ReadsMessagesHoweverTheirBytesArrive) {
    Line line;
    Transport transport(line.in[0], line.out[1]);
    const std::string frames = "Content-Length: 7\r\n\r\n{\"a\":1}content-length:  2 \r\nContent-Type: x\r\n\r\n[]";
    std::thread sender([&] {
        for (const char c : frames) line.feed(std::string(1, c));
    });
    const auto first = transport.receive();
    const auto second = transport.receive();
    sender.join();
    ASSERT_TRUE(first && second);
    EXPECT_EQ(*first, (Json{{"a", 1}}));
    EXPECT_EQ(*second, Json::array());
}

TEST(Transport, TellsACleanEndFromABrokenOne) {
    EXPECT_EQ(errorOf(""), ErrorCode::WorkerDied);
    EXPECT_EQ(errorOf("Content-Len"), ErrorCode::Io);
    EXPECT_EQ(errorOf("Content-Length: 7\r\n\r\n{\"a\""), ErrorCode::Io);
}

TEST(Transport, RefusesFramesThatCannotBe) {
    EXPECT_EQ(errorOf("Content-Length: -1\r\n\r\n"), ErrorCode::Io);
    EXPECT_EQ(errorOf("Content-Length: 99999999999999999999\r\n\r\n"), ErrorCode::Io);
    EXPECT_EQ(errorOf("Content-Length: " + std::to_string(kMaxFrameBytes + 1) + "\r\n\r\n"), ErrorCode::Io);
    EXPECT_EQ(errorOf("Content-Length: 2x\r\n\r\n{}"), ErrorCode::Io);
    EXPECT_EQ(errorOf("Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"), ErrorCode::Io);
    EXPECT_EQ(errorOf("Content-Type: x\r\n\r\n{}"), ErrorCode::Io);
    EXPECT_EQ(errorOf("no colon here\r\n\r\n{}"), ErrorCode::Io);
    EXPECT_EQ(errorOf("Content-Length: 3\r\n\r\n{{}"), ErrorCode::Io);
    EXPECT_EQ(errorOf(std::string(20000, 'x')), ErrorCode::Io);
}

TEST(Transport, RefusesNestingWithoutEnd) {
    const std::string deep(100000, '[');
    Line line;
    std::thread sender([&] {
        line.feed("Content-Length: " + std::to_string(deep.size()) + "\r\n\r\n" + deep);
        line.endInput();
    });
    Transport transport(line.in[0], line.out[1]);
    const auto message = transport.receive();
    sender.join();
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().code, ErrorCode::Io);
}

TEST(Transport, SaysWhenNobodyReadsAnyMore) {
    Line line;
    Transport transport(line.in[0], line.out[1]);
    ::close(line.out[0]);
    line.out[0] = -1;
    const Status sent = transport.send({{"a", 1}});
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::WorkerDied);
}

TEST(Transport, KeepsFramesOfSeveralThreadsWhole) {
    Line line;
    Transport writer(line.in[0], line.out[1]);
    Transport reader(line.out[0], line.in[1]);
    constexpr int kThreads = 4;
    constexpr int kEach = 50;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < kEach; ++i) EXPECT_TRUE(writer.send({{"thread", t}, {"text", std::string(5000, 'x')}}));
        });
    std::array<int, kThreads> seen{};
    for (int i = 0; i < kThreads * kEach; ++i) {
        const auto message = reader.receive();
        ASSERT_TRUE(message);
        EXPECT_EQ((*message)["text"].get<std::string>().size(), 5000u);
        ++seen[(*message)["thread"].get<std::size_t>()];
    }
    for (auto& thread : threads) thread.join();
    for (const int count : seen) EXPECT_EQ(count, kEach);
}

}  // namespace
}  // namespace trimtab::ipc
