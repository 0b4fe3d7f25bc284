#include "tests/app/cli/command_line.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <spawn.h>
#include <sstream>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace trimtab::testing_cli {
namespace {

std::filesystem::path temporaryFile() {
    std::string name = (std::filesystem::temp_directory_path() / "trimtab-cli-XXXXXX").string();
    const int descriptor = ::mkstemp(name.data());
    if (descriptor >= 0) ::close(descriptor);
    return name;
}

std::string contentOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

Running::Running(const std::string& program, const std::vector<std::string>& arguments) : m_out(temporaryFile()), m_err(temporaryFile()) {
    std::vector<std::string> words{std::string(TRIMTAB_BIN_DIR) + '/' + program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, m_out.c_str(), O_WRONLY | O_TRUNC, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, m_err.c_str(), O_WRONLY | O_TRUNC, 0);
    if (::posix_spawn(&m_id, argv[0], &actions, nullptr, argv.data(), environ) != 0) m_reaped = true;
    ::posix_spawn_file_actions_destroy(&actions);
}

Running::~Running() {
    if (!m_reaped) {
        kill();
        wait();
    }
    std::error_code error;
    std::filesystem::remove(m_out, error);
    std::filesystem::remove(m_err, error);
}

std::vector<pid_t> Running::children() const {
    std::vector<pid_t> ids;
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
        std::ifstream file(entry->path() / "stat");
        std::string line;
        if (!std::getline(file, line)) continue;
        // "id (name) state parent …"; the name may hold anything, its last parenthesis ends it.
        std::istringstream rest(line.substr(line.rfind(')') + 1));
        char state = 0;
        pid_t parent = 0;
        if (rest >> state >> parent && parent == m_id && state != 'Z') ids.push_back(std::atoi(entry->path().filename().c_str()));
    }
    return ids;
}

bool Running::waitAtMost(int milliseconds) {
    if (m_reaped) return true;
    endsWithin(m_id, milliseconds);
    return ended();
}

bool Running::ended() {
    if (m_reaped) return true;
    m_reaped = ::waitpid(m_id, &m_status, WNOHANG) == m_id;
    return m_reaped;
}

std::string Running::told() const { return contentOf(m_out); }

Ran Running::wait() {
    while (!m_reaped) m_reaped = ::waitpid(m_id, &m_status, 0) == m_id || errno != EINTR;
    Ran ran;
    if (WIFEXITED(m_status)) ran.status = WEXITSTATUS(m_status);
    if (WIFSIGNALED(m_status)) ran.signal = WTERMSIG(m_status);
    ran.out = contentOf(m_out);
    ran.err = contentOf(m_err);
    return ran;
}

void Running::kill() {
    if (!m_reaped) ::kill(m_id, SIGKILL);
}

bool endsWithin(pid_t id, int milliseconds) {
    const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, id, 0));
    if (descriptor < 0) return errno == ESRCH;
    pollfd waiting{descriptor, POLLIN, 0};
    const bool ended = ::poll(&waiting, 1, milliseconds) == 1;
    ::close(descriptor);
    return ended;
}

Ran trimtab(const std::vector<std::string>& arguments) { return Running(arguments).wait(); }

}  // namespace trimtab::testing_cli
