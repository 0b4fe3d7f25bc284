"""Programs of a bundle or a build, run with a time limit; nothing here knows what they are for."""
import os
import shutil
import signal
import subprocess
import time


class Answer:
    """How a program ended and what it wrote."""

    def __init__(self, status, out, err, seconds, timed_out=False):
        self.status, self.out, self.err, self.seconds, self.timed_out = status, out, err, seconds, timed_out

    def ending(self):
        if self.timed_out:
            return f"stopped after {self.seconds:.0f} s"
        if self.status is None:
            return "could not be started"
        return f"signal {-self.status}" if self.status < 0 else f"exit status {self.status}"

    def last_words(self):
        """The last line of what it wrote, on standard error if there is any; never long."""
        lines = [line for line in (self.err.strip() or self.out.strip()).splitlines() if line.strip()]
        return lines[-1].strip()[:400] if lines else "no output"


def text_of(data):
    return data.decode("utf-8", "replace") if data else ""


def run(command, limit, environment=None, log=None):
    """Runs to the end or the limit; then the program and all that it started is ended. `log`: a file that keeps both outputs."""
    begun = time.monotonic()
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True, env={**os.environ, **(environment or {})})
    except OSError as error:
        return Answer(None, "", str(error), 0.0)
    timed_out = False
    try:
        out, err = process.communicate(timeout=max(limit, 0.1))
    except subprocess.TimeoutExpired:
        timed_out = True
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
    answer = Answer(process.returncode, text_of(out), text_of(err), time.monotonic() - begun, timed_out)
    if log:
        with open(log, "w", encoding="utf-8") as file:
            file.write(answer.out + ("\n--- standard error\n" + answer.err if answer.err else ""))
    return answer


class Programs:
    """Where the programs are: bin/ of a bundle, else the folder given, else build/ci/bin of the checkout."""

    def __init__(self, root, folder=None):
        self.root = root
        bundled = os.path.join(root, "bin")
        self.bundled = not folder and os.path.isfile(os.path.join(bundled, "trimtab"))
        self.folder = os.path.abspath(folder) if folder else bundled if self.bundled else os.path.join(root, "build", "ci", "bin")
        resources = os.path.join(root, "share" if self.bundled else "resources")
        self.samples = os.path.join(resources, "samples")
        self.recipes = os.path.join(resources, "recipes")

    def path(self, name):
        return os.path.join(self.folder, name)

    def has(self, name):
        return os.access(self.path(name), os.X_OK)

    def matching(self, prefix, suffix):
        """Names of the programs that begin and end so, sorted."""
        names = sorted(name for name in os.listdir(self.folder) if name.startswith(prefix) and name.endswith(suffix))
        return [name for name in names if len(name) >= len(prefix) + len(suffix) and self.has(name)]

    def first(self, *names):
        """The first of the names that is here; None when none is."""
        return next((self.path(name) for name in names if self.has(name)), None)


def find_sanitizer():
    """compute-sanitizer, in PATH or where toolkits put it; None when it is not here."""
    found = shutil.which("compute-sanitizer")
    if found:
        return found
    toolkits = [os.environ.get("CUDA_HOME", ""), os.environ.get("CUDA_PATH", ""), "/usr/local/cuda"]
    for toolkit in filter(None, toolkits):
        for place in ("bin", "compute-sanitizer", "extras/compute-sanitizer"):
            path = os.path.join(toolkit, place, "compute-sanitizer")
            if os.access(path, os.X_OK):
                return path
    return None
