"""The stages of a verification: what each runs and how its answer is read. A stage is a dict: status, seconds, reason or summary,
figures."""
import json
import os
import tempfile
import time

from running import find_sanitizer, run

KERNEL_TESTS = ("gpu_kernels_test", "kernels_cuda_gpu_test")
FAILURES_KEPT = 40
SANITIZER_SECONDS = 15  # one suite under compute-sanitizer
SESSION_BYTES = 3_000_000  # the most that the session may have: it is kept beside the samples
LLAMA_QUESTION = ("What do weights of fewer bits bring one decode step of the Llama-3.2-1B shape? (Batch 1, a context of 512 tokens; "
                  "its weights are drawn, so the fidelity is that of random numbers.)")
# The Llama-3.2-1B shape; its weights are drawn.
LLAMA_CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192,
                "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 128256,
                "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "max_position_embeddings": 8192, "tie_word_embeddings": True,
                "hidden_act": "silu", "torch_dtype": "bfloat16"}
GENERATED = {"as stored": {}, "int8": {"weights": {"bits": 8}}, "int4 g128": {"weights": {"bits": 4, "group": 128}}}
# What is profiled for the share of the GPU's time that stands at some layer.
PROFILED = {"classifier": ["--batch", "64"], "language": ["--prompt", "64", "--generate", "16"]}
LEAST_ATTRIBUTED = 0.98
# The profile's words where this machine or this bundle cannot record, which is no fault of what is verified.
NO_RECORDING = ("is not here", "was not found", "too old", "CUPTI answers", "switched off")
# compute-sanitizer's words: of a test that calls no GPU, and where it does not work.
NOTHING_TO_WATCH = "Target application terminated before first instrumented API call"
REFUSALS = ("Device not supported", "not supported on this", "Unable to connect", "LibraryNotLoaded")


def counted_of(nodes):
    """The layers of which the GPU's counters were read, with what they say beside the bytes of the shapes."""
    return [{"node": node["node"], "counters": node["counters"], "bytes": node["roofline"]["bytes"], "median_ns": node.get("median_ns")}
            for node in nodes if node.get("counters")]


def json_lines(text):
    """The lines that are JSON objects."""
    found = []
    for line in text.splitlines():
        line = line.strip()
        if not line.startswith("{"):
            continue
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def one_per_suite(listing):
    """A filter that names the first test of every suite of --gtest_list_tests."""
    chosen, suite = [], None
    for line in listing.splitlines():
        if line and not line[0].isspace() and line.split("#")[0].strip().endswith("."):
            suite = line.split("#")[0].strip()
        elif suite and line.startswith("  "):
            chosen.append(suite + line.split("#")[0].strip())
            suite = None
    return ":".join(chosen)


def gtest_failures(report):
    failures = []
    for suite in report.get("testsuites", []):
        for test in suite.get("testsuite", []):
            if test.get("failures"):
                words = test["failures"][0].get("failure", "")
                failures.append({"test": f"{suite['name']}.{test['name']}", "reason": " ".join(words.split())[:400]})
    return failures


def error_summaries(text):
    """The counts of "ERROR SUMMARY: N errors" and "RACECHECK SUMMARY: N hazards …"; one for each process that the tool watched."""
    counts = []
    for line in text.splitlines():
        if "SUMMARY:" in line:
            words = line.split("SUMMARY:")[1].split()
            if words and words[0].isdigit():
                counts.append(int(words[0]))
    return counts


class Stages:
    def __init__(self, programs, out, here, record):
        self.programs, self.out, self.here, self.record = programs, out, here, record

    def run_all(self, wanted, limits, total, keep):
        """In order; what the time for all leaves is the most that one gets. `keep` is called after each."""
        end = time.monotonic() + total
        for name in wanted:
            limit = min(limits[name], end - time.monotonic())
            begun = time.monotonic()
            if limit < 1:
                stage = {"status": "skipped", "reason": "no time was left"}
            else:
                try:
                    stage = getattr(self, name)(limit)
                except (OSError, ValueError, KeyError, TypeError) as error:
                    stage = {"status": "failed", "reason": f"its answer could not be read: {error!r}"}
            stage["seconds"] = round(time.monotonic() - begun, 2)
            self.record["stages"][name] = stage
            keep()

    def log(self, name):
        return os.path.join(self.out, f"{name}.log")

    def selftest(self, limit):
        answer = run([self.programs.path("trimtab"), "selftest", "--engine", "cuda", "--json"], limit, log=self.log("selftest"))
        found = json.loads(answer.out) if answer.out.strip() else {}
        stage = {"passed": found.get("passed", 0), "failed": found.get("failed", [])}
        if answer.status == 0 and not stage["failed"] and stage["passed"] > 0:
            return {"status": "passed", "summary": f"{stage['passed']} checks against the reference", "figures": stage}
        return self.failed(answer, stage, f"{len(stage['failed'])} of {stage['passed'] + len(stage['failed'])} checks failed")

    def kernels(self, limit):
        program = self.programs.first(*KERNEL_TESTS)
        if not program:
            return self.missing(KERNEL_TESTS[0])
        path = os.path.join(self.out, "kernels_gtest.json")
        answer = run([program, f"--gtest_output=json:{path}", "--gtest_brief=1"], limit, log=self.log("kernels"))
        if not os.path.exists(path):
            return self.failed(answer, {}, "no report")
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        os.remove(path)
        failures = gtest_failures(report)
        figures = {"tests": report.get("tests", 0), "failed": len(failures), "failures": failures[:FAILURES_KEPT]}
        if answer.status == 0 and not failures and figures["tests"] > 0:
            return {"status": "passed", "summary": f"{figures['tests']} tests against the reference", "figures": figures}
        first = ", ".join(f["test"] for f in failures[:3])
        return self.failed(answer, figures, f"{len(failures)} of {figures['tests']} tests failed: {first}")

    def memcheck(self, limit):
        return self.sanitize("memcheck", limit, together=True)

    def racecheck(self, limit):
        return self.sanitize("racecheck", limit, together=False)

    def sanitize(self, tool, limit, together):
        """The first test of every suite under compute-sanitizer, in one process or one after another while the time lasts: what was not
        reached is named. Where the machine refuses the tool, that is recorded and fails nothing."""
        program = self.programs.first(*KERNEL_TESTS)
        if not program:
            return self.missing(KERNEL_TESTS[0])
        sanitizer = find_sanitizer()
        if not sanitizer:
            return {"status": "refused", "reason": "compute-sanitizer is not on this machine"}
        end = time.monotonic() + limit
        tests = [name for name in one_per_suite(run([program, "--gtest_list_tests"], 30).out).split(":") if name]
        clean, not_reached, errors = [], [], 0
        for names in [tests] if together else [[name] for name in tests]:
            name = ":".join(names)
            left = end - time.monotonic()
            if left < 2:
                not_reached += names
                continue
            command = [sanitizer, "--tool", tool, "--target-processes", "all", program, f"--gtest_filter={name}", "--gtest_brief=1"]
            answer = run(command, left if together else min(left, SANITIZER_SECONDS), log=self.log(tool))
            words = answer.out + "\n" + answer.err
            counts = error_summaries(words)
            if NOTHING_TO_WATCH in words and "[  PASSED  ]" in words and not counts:
                tests = [test for test in tests if test not in names]
                continue
            refused = any(sign in words for sign in REFUSALS) or ("========= Error:" in words and not counts)
            if refused and not sum(counts):
                return {"status": "refused", "reason": f"compute-sanitizer {tool} was refused: {answer.last_words()}"}
            errors += sum(counts)
            if answer.timed_out and not sum(counts):
                not_reached += names
            elif answer.status == 0 and counts and sum(counts) == 0:
                clean += names
            else:
                figures = {"clean": clean, "errors": errors, "not_reached": not_reached}
                return self.failed(answer, figures, f"{sum(counts)} errors in {name}")
        figures = {"clean": clean, "errors": errors, "not_reached": not_reached}
        if clean:
            rest = f", {len(not_reached)} not reached in the time" if not_reached else ""
            return {"status": "passed", "summary": f"{len(clean)} of {len(tests)} tests clean{rest}", "figures": figures}
        return {"status": "failed", "reason": f"none of {len(tests)} tests ended in the time", "figures": figures}

    def models(self, limit):
        lines, answer = self.lines_of("gpu_models", limit, ["--samples", self.programs.samples, "--recipes", self.programs.recipes])
        if answer is None:
            return lines
        models = [line for line in lines if line.get("kind") == "model"]
        wrong = [line for line in models if line.get("passed") is not True]
        if answer.status == 0 and models and not wrong:
            left_out = [line for line in models if "left_out" in line]
            never = sorted({line["recipe"] for line in left_out} - {line["recipe"] for line in models if "left_out" not in line})
            if never:
                return self.failed(answer, lines, "no model takes " + ", ".join(never))
            return {"status": "passed", "summary": f"{len(models) - len(left_out)} models × recipes agree", "figures": lines}
        return self.failed(answer, lines, f"{len(wrong)} of {len(models)} models × recipes disagree")

    def bench(self, limit):
        lines, answer = self.lines_of("gpu_bench", limit, ["--shapes", os.path.join(self.here, "shapes.csv")])
        if answer is None:
            return lines
        wrong = [line for line in lines if line.get("passed") is False]
        if answer.status == 0 and lines and not wrong:
            return {"status": "passed", "summary": f"{len(lines)} figures", "figures": lines}
        return self.failed(answer, lines, f"{len(wrong)} of {len(lines)} figures were wrong")

    def kernel_bench(self, limit):
        """Every gpu_*_bench: tables of single kernels, in their own words."""
        end, figures, answers = time.monotonic() + limit, {}, []
        for name in self.programs.matching("gpu_", "_bench"):
            lines, answer = self.lines_of(name, end - time.monotonic(), [])
            figures[name] = lines
            answers.append(answer)
            if answer.status != 0 or not lines:
                return self.failed(answer, figures, f"{name} gave {len(lines)} figures")
        count = sum(len(lines) for lines in figures.values())
        return {"status": "passed", "summary": f"{count} figures of {len(answers)} programs", "figures": figures}

    def activity(self, limit):
        """Samples under the recording of what the GPU does: nearly all that it computed must stand at some layer. The recordings are kept
        beside the record, to become tests/data/activity."""
        begun, figures = time.monotonic(), []
        for name, arguments in PROFILED.items():
            model = os.path.join(self.programs.samples, name, name + ".onnx")
            command = [self.programs.path("trimtab"), "profile", model, *arguments, "--engine", "cuda", "--seconds", "1", "--counters", "--json"]
            answer = run(command, limit - (time.monotonic() - begun), log=self.log(f"activity_{name}"),
                         environment={"TRIMTAB_ACTIVITY_FILE": os.path.join(self.out, f"activity_{name}.json")})
            if answer.status != 0:
                return self.failed(answer, figures, f"{name} could not be profiled")
            found = json.loads(answer.out)
            reason = found.get("no_activity") or ("" if found.get("device") else "the profile tells nothing of the device")
            if reason:
                status = "refused" if any(words in reason for words in NO_RECORDING) else "failed"
                return {"status": status, "reason": f"{name}: {reason}"[:400], "figures": figures}
            keys = ("device", "overhead", "dropped", "run_ms", "runs", "attributed", "energy", "no_energy", "clocks", "no_clocks", "throttled",
                    "no_layer_counters")
            figures.append({"model": name, **{key: found.get(key) for key in keys}, "counted": counted_of(found.get("nodes", []))})
            if found["device"]["attributed"] < LEAST_ATTRIBUTED:
                return self.failed(answer, figures, f"{name}: {100 * found['device']['attributed']:.1f} % of the GPU's time is attributed")
        told = ", ".join(f"{row['model']} {100 * row['device']['attributed']:.1f} % at {row['overhead']['percent']:.1f} % overhead"
                         + (f", {row['dropped']} dropped" if row["dropped"] else "")
                         + (f", counters of {len(row['counted'])} layers" if row["counted"] else "") for row in figures)
        return {"status": "passed", "summary": told, "figures": figures}

    def lines_of(self, name, limit, arguments):
        """The JSON lines and the answer; (stage, None) when the program is not here."""
        program = self.programs.first(name)
        if not program:
            return self.missing(name), None
        answer = run([program, *arguments], limit, log=self.log(name))
        return json_lines(answer.out), answer

    def sweep(self, limit):
        """The classifier on its data; begins the session anew."""
        sample = os.path.join(self.programs.samples, "classifier")
        for old in (self.session(), self.session() + "-wal", self.session() + "-shm"):
            if os.path.exists(old):
                os.remove(old)
        arguments = [os.path.join(sample, "classifier.onnx"), "--data", os.path.join(sample, "data"), "--batch", "64", "--samples", "256",
                     "--axis", "weights.bits=32,8,4", "--axis", "compute=fp32,bf16,int8", "--seconds", "0.1", "--processes", "3"]
        return self.study("sweep", arguments, limit)

    def llama(self, limit):
        """One decode step of a Llama shape with drawn weights, a second study of the same session. The model is written for it and removed
        again."""
        program = self.programs.first("gpu_models")
        if not program:
            return self.missing("gpu_models")
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="gpu_llama") as folder:
            model = os.path.join(folder, "llama-3.2-1b.onnx")
            written = run([program, "--write-llama", model], limit, log=self.log("llama_model"))
            if written.status != 0:
                return self.failed(written, [], "the model could not be written")
            arguments = [model, "--axis", "weights.bits=8,4", "--axis", "weights.group=128", "--axis", "compute=bf16", "--seconds", "0.3",
                         "--processes", "2", "--refresh", "--name", "Llama-3.2-1B shape, decode", "--question", LLAMA_QUESTION]
            stage = self.study("llama", arguments, limit - (time.monotonic() - begun))
        size = os.path.getsize(self.session()) if os.path.exists(self.session()) else 0
        if stage["status"] == "passed" and size > SESSION_BYTES:
            return {**stage, "status": "failed",
                    "reason": f"{os.path.basename(self.session())} has {size} bytes, more than {SESSION_BYTES}"}
        return stage

    def generate(self, limit):
        """A prompt of 512 tokens and 64 steps of the Llama-3.2-1B shape, as `trimtab bench` times generation: caches stay on the card,
        a token comes back at every step."""
        begun, figures = time.monotonic(), []
        with tempfile.TemporaryDirectory(prefix="gpu_generate") as folder:
            config = os.path.join(folder, "config.json")
            with open(config, "w", encoding="utf-8") as file:
                json.dump(LLAMA_CONFIG, file)
            for name, recipe in GENERATED.items():
                path = os.path.join(folder, "recipe.json")
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(recipe, file)
                command = [self.programs.path("trimtab"), "bench", config, "--random-weights", "1", "--recipe", path, "--prompt", "512",
                           "--generate", "64", "--seconds", "1", "--engine", "cuda", "--json"]
                answer = run(command, limit - (time.monotonic() - begun), log=self.log("generate"))
                if answer.status != 0:
                    return self.failed(answer, figures, f"{name} could not be timed")
                found = json.loads(answer.out)
                keys = ("prefill_tokens_per_s", "decode_tokens_per_s", "caching", "execution")
                figures.append({"recipe": name, **{key: found.get(key) for key in keys}})
                if found.get("caching") != "in place":
                    return self.failed(answer, figures, f"{name} keeps its caches {found.get('caching')}")
        told = ", ".join(f"{row['recipe']} {row['decode_tokens_per_s']:.0f}" for row in figures)
        return {"status": "passed", "summary": f"{told} tokens/s", "figures": figures}

    def session(self):
        return os.path.join(self.out, "gpu_session.trimtab")

    def study(self, name, arguments, limit):
        """A sweep into the session; what its newest study then holds."""
        begun, session = time.monotonic(), self.session()
        command = [self.programs.path("trimtab"), "sweep", *arguments, "--engine", "cuda", "--session", session]
        answer = run(command, limit, log=self.log(name))
        if answer.status != 0:
            return self.failed(answer, [], "the sweep did not end well")
        pareto = run([self.programs.path("trimtab"), "pareto", session, "--json"], max(5, limit - (time.monotonic() - begun)))
        keys = ("trial", "label", "engine", "execution", "latency_ms", "throughput_sps", "accuracy", "speedup")
        trials = [{key: trial.get(key) for key in keys} for trial in json.loads(pareto.out)]
        strangers = [trial for trial in trials if trial["engine"] != "cuda"]
        if pareto.status == 0 and trials and not strangers:
            return {"status": "passed", "summary": f"{len(trials)} trials in {os.path.basename(session)}", "figures": trials}
        return self.failed(pareto, trials, f"{len(strangers)} of {len(trials)} trials did not run on cuda")

    @staticmethod
    def missing(name):
        return {"status": "missing", "reason": f"{name} is not here"}

    @staticmethod
    def failed(answer, figures, what):
        reason = f"{what}; {answer.ending()}"
        if answer.status != 0:
            reason += f": {answer.last_words()}"
        return {"status": "timed out" if answer.timed_out else "failed", "reason": reason, "figures": figures}
