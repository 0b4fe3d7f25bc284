#include "core/ipc/child_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace trimtab::ipc {
namespace {

constexpr int kFirstPrivateDescriptor = 3;  // below are the child's own standard streams, which the pipes are moved onto

struct Pipe {
    int read = -1;
    int write = -1;
    ~Pipe() {
        if (read >= 0) ::close(read);
        if (write >= 0) ::close(write);
    }
};

/// The same open file under a number from 3 up, so that moving it onto 0 or 1 in the child never meets itself.
int liftDescriptor(int descriptor) {
    if (descriptor >= kFirstPrivateDescriptor) return descriptor;
    const int lifted = ::fcntl(descriptor, F_DUPFD_CLOEXEC, kFirstPrivateDescriptor);
    ::close(descriptor);
    return lifted;
}

Status open(Pipe& pipe) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(ErrorCode::Io, std::string("no pipe could be made: ") + std::strerror(errno));
    pipe.read = liftDescriptor(ends[0]);
    pipe.write = liftDescriptor(ends[1]);
    if (pipe.read < 0 || pipe.write < 0) return fail(ErrorCode::Io, "no descriptor is left for a pipe");
    return {};
}

/// posix_spawn's two descriptions, destroyed with the scope.
struct SpawnPlan {
    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};

    SpawnPlan(int input, int output) {
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        ::posix_spawnattr_init(&attributes);
        sigset_t set;
        ::sigemptyset(&set);
        ::posix_spawnattr_setsigmask(&attributes, &set);
        ::sigaddset(&set, SIGPIPE);
        ::sigaddset(&set, SIGINT);
        ::posix_spawnattr_setsigdefault(&attributes, &set);
        // A group of its own: Ctrl+C in a terminal reaches the program, which then tells its workers.
        ::posix_spawnattr_setpgroup(&attributes, 0);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    ~SpawnPlan() {
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
};

}  // namespace

std::string describeWaitStatus(int status) {
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        return "signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
    }
    return "exit status " + std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
    Pipe toChild;
    Pipe fromChild;
    TRIMTAB_REQUIRE(open(toChild));
    TRIMTAB_REQUIRE(open(fromChild));
    std::string name = program.string();
    std::vector<std::string> copies = arguments;
    std::vector<char*> argv{name.data()};
    for (std::string& argument : copies) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const SpawnPlan plan(toChild.read, fromChild.write);
    pid_t id = 0;
    if (const int error = ::posix_spawnp(&id, name.c_str(), &plan.actions, &plan.attributes, argv.data(), environ); error != 0)
        return fail(error == ENOENT ? ErrorCode::NotFound : ErrorCode::Io, "cannot start " + name + ": " + std::strerror(error));
    std::unique_ptr<ChildProcess> child(new ChildProcess(id, fromChild.read, toChild.write));
    fromChild.read = -1;
    toChild.write = -1;
    return child;
}

ChildProcess::~ChildProcess() {
    closeInput();
    ::close(m_read);
}

void ChildProcess::closeInput() {
    const std::lock_guard lock(m_mutex);
    if (m_write >= 0) ::close(m_write);
    m_write = -1;
}

void ChildProcess::kill() {
    const std::lock_guard lock(m_mutex);
    if (!m_reaped) ::kill(m_id, SIGKILL);
}

int ChildProcess::wait() {
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(m_id), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    const std::lock_guard lock(m_mutex);
    int status = 0;
    while (::waitpid(m_id, &status, 0) < 0 && errno == EINTR) {
    }
    m_reaped = true;
    return status;
}

}  // namespace trimtab::ipc
