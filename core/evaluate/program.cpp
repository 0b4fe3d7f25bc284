#include "core/evaluate/program.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace trimtab::evaluate {
namespace {

constexpr int kPollMs = 100;

struct Spawned {
    pid_t id = 0;
    int output = -1;
    ~Spawned() {
        if (output >= 0) ::close(output);
    }
    int wait() const {
        int status = 0;
        while (::waitpid(id, &status, 0) < 0 && errno == EINTR) {
        }
        return status;
    }
    void killAndWait() const {
        ::kill(id, SIGKILL);
        wait();
    }
};

Status spawn(const std::string& program, const std::vector<std::string>& arguments, Spawned& spawned) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(ErrorCode::Io, std::string("no pipe could be made: ") + std::strerror(errno));
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t defaults;
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const int error = ::posix_spawnp(&spawned.id, program.c_str(), &actions, &attributes, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    ::close(ends[1]);
    spawned.output = ends[0];
    if (error != 0) return fail(ErrorCode::Failed, "the metric's program cannot be started: " + std::string(std::strerror(error)), program);
    return {};
}

}  // namespace

Result<std::string> runProgram(const std::string& program, const std::vector<std::string>& arguments, std::size_t maxBytes,
                               const std::function<bool()>& cancelled) {
    Spawned spawned;
    TRIMTAB_REQUIRE(spawn(program, arguments, spawned));
    std::string text;
    std::array<char, 4096> chunk;
    for (;;) {
        if (cancelled && cancelled()) {
            spawned.killAndWait();
            return fail(ErrorCode::Cancelled, "the evaluation was cancelled");
        }
        pollfd waiting{spawned.output, POLLIN, 0};
        if (::poll(&waiting, 1, kPollMs) <= 0) continue;
        const ssize_t n = ::read(spawned.output, chunk.data(), chunk.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        text.append(chunk.data(), static_cast<std::size_t>(n));
        if (text.size() <= maxBytes) continue;
        spawned.killAndWait();
        return fail(ErrorCode::Failed, "the metric's program printed more than " + std::to_string(maxBytes) + " bytes", program);
    }
    const int status = spawned.wait();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
    const std::string how =
        WIFSIGNALED(status) ? "by signal " + std::to_string(WTERMSIG(status)) : "with status " + std::to_string(WEXITSTATUS(status));
    return fail(ErrorCode::Failed, "the metric's program ended " + how, program);
}

Result<std::vector<double>> parseScores(const std::string& text, std::size_t count) {
    std::vector<double> scores;
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
        const std::size_t begin = line.find_first_not_of(" \t\r");
        if (begin == std::string::npos) continue;
        const std::size_t end = line.find_last_not_of(" \t\r") + 1;
        double value = 0;
        const auto [stop, error] = std::from_chars(line.data() + begin, line.data() + end, value);
        if (error != std::errc{} || stop != line.data() + end || !std::isfinite(value))
            return fail(ErrorCode::Failed, "the metric's program printed \"" + line.substr(0, 80) + "\" where one number a line is wanted");
        scores.push_back(value);
    }
    if (scores.size() != count)
        return fail(ErrorCode::Failed,
                    "the metric's program printed " + std::to_string(scores.size()) + " scores for " + std::to_string(count) + " samples");
    return scores;
}

}  // namespace trimtab::evaluate
