#!/usr/bin/env python3
"""The scripts around a GPU, tried without one: programs that print what a GPU's would stand in for them."""
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

import fakes

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


class Folder(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="gpu_scripts")
        self.addCleanup(holder.cleanup)
        self.bin, self.out = os.path.join(holder.name, "bin"), os.path.join(holder.name, "out")
        os.mkdir(self.bin)
        fakes.all_well(self.bin)

    def verify(self, *arguments):
        environment = {**os.environ, "PATH": self.bin + ":" + os.environ["PATH"]}
        environment.pop("OUT", None)
        return subprocess.run([os.path.join(HERE, "verify.sh"), "--bin", self.bin, "-o", self.out, *arguments],
                              capture_output=True, text=True, env=environment)

    def record(self):
        with open(os.path.join(self.out, "gpu_record.json"), encoding="utf-8") as file:
            return json.load(file)


class Verify(Folder):
    def test_passes_when_every_stage_does(self):
        ran = self.verify()
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        record = self.record()
        self.assertTrue(record["passed"])
        self.assertEqual({name: stage["status"] for name, stage in record["stages"].items()},
                         dict.fromkeys(["selftest", "kernels", "memcheck", "racecheck", "models", "bench", "kernel_bench",
                                        "activity", "sweep", "llama", "generate"], "passed"))
        self.assertEqual(record["card"]["name"], "NVIDIA H100 80GB HBM3")
        self.assertEqual(record["card"]["driver"], "580.159.04")
        self.assertRegex(record["commit"], "^[0-9a-f]{40}$|^unknown$")
        self.assertEqual(len(record["stages"]["bench"]["figures"]), 4)
        self.assertEqual(record["stages"]["kernel_bench"]["figures"], {"gpu_products_bench": [{"kernel": "few_rows", "us": 3.5}]})
        self.assertIn("PASSED", ran.stdout.splitlines()[-1])
        self.assertTrue(os.path.exists(os.path.join(self.out, "gpu_session.trimtab")))

    def test_completes_a_record_of_the_same_card(self):
        self.assertEqual(self.verify("--only", "selftest,bench").returncode, 0)
        path = os.path.join(self.out, "gpu_record.json")
        first = self.record()
        self.assertEqual(self.verify("--only", "models", "--complete", path).returncode, 0)
        record = self.record()
        self.assertEqual(list(record["stages"]), ["selftest", "bench", "models"])
        self.assertEqual(record["stages"]["bench"], first["stages"]["bench"])
        self.assertEqual(record["recorded_at"], first["recorded_at"])
        self.assertIn("recorded_at", record["stages"]["models"])
        record["card"]["name"] = "NVIDIA H200"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(record, file)
        refused = self.verify("--only", "models", "--complete", path)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("is of another card: NVIDIA H200", refused.stderr)
        self.assertEqual(self.record()["card"]["name"], "NVIDIA H200")

    def test_watches_one_test_of_every_suite(self):
        self.verify("--only", "memcheck,racecheck")
        with open(os.path.join(self.bin, "sanitizer.log"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertEqual(len(lines), 3)
        self.assertIn("--tool memcheck", lines[0])
        self.assertIn("--gtest_filter=Rows.Adds:Products/0.Agree", lines[0])
        # Races are looked for suite by suite, so that a slow one takes only its own time.
        for line, name in zip(lines[1:], ("Rows.Adds", "Products/0.Agree")):
            self.assertIn("--tool racecheck", line)
            self.assertIn(f"--gtest_filter={name} ", line + " ")

    def test_says_in_one_line_that_there_is_no_driver(self):
        fakes.program(self.bin, "trimtab", fakes.TRIMTAB, devices=fakes.NO_DEVICES, pareto="[]")
        ran = self.verify()
        self.assertEqual(ran.returncode, 1)
        self.assertEqual(ran.stdout, "")
        self.assertEqual(len(ran.stderr.strip().splitlines()), 1)
        self.assertIn("libcuda.so.1 was not found", ran.stderr)

    def test_records_a_failure_and_goes_on(self):
        failure = ', "failures": [{"failure": "wanted 1\\ngot 2"}]'
        fakes.program(self.bin, "gpu_kernels_test", fakes.KERNEL_TEST, gtest=fakes.GTEST % failure, status=1)
        ran = self.verify()
        self.assertEqual(ran.returncode, 1)
        stages = self.record()["stages"]
        self.assertEqual(stages["kernels"]["status"], "failed")
        self.assertEqual(stages["kernels"]["figures"]["failures"], [{"test": "Products.Agree", "reason": "wanted 1 got 2"}])
        self.assertEqual(stages["sweep"]["status"], "passed")

    def test_does_not_take_a_crash_or_silence_for_success(self):
        for text in ("#!/bin/sh\nkill -SEGV $$\n", "#!/bin/sh\nexit 0\n"):
            fakes.program(self.bin, "gpu_kernels_test", text)
            fakes.program(self.bin, "gpu_models", text)
            fakes.program(self.bin, "gpu_bench", text)
            self.assertEqual(self.verify("--only", "kernels,models,bench").returncode, 1)
            self.assertEqual({stage["status"] for stage in self.record()["stages"].values()}, {"failed"})

    def test_fails_a_stage_for_one_model_that_disagrees(self):
        wrong = "echo '{\"kind\": \"model\", \"model\": \"m\", \"recipe\": \"r\", \"passed\": false}'\n"
        fakes.program(self.bin, "gpu_models", fakes.MODELS + wrong)
        self.assertEqual(self.verify("--only", "models").returncode, 1)
        self.assertIn("1 of 2", self.record()["stages"]["models"]["reason"])

    def test_ends_a_stage_at_its_limit(self):
        fakes.program(self.bin, "gpu_models", "#!/bin/sh\necho '{\"kind\": \"model\", \"passed\": true}'\nsleep 60 & sleep 60\n")
        self.assertEqual(self.verify("--only", "models,bench", "--limit", "models=1").returncode, 1)
        stages = self.record()["stages"]
        self.assertEqual(stages["models"]["status"], "timed out")
        self.assertLess(stages["models"]["seconds"], 10)
        self.assertEqual(stages["models"]["figures"], [{"kind": "model", "passed": True}], "what came before the end is kept")
        self.assertEqual(stages["bench"]["status"], "passed")

    def test_keeps_within_the_time_for_all(self):
        fakes.program(self.bin, "gpu_models", "#!/bin/sh\nsleep 60\n")
        self.assertEqual(self.verify("--only", "models,bench", "--total", "2").returncode, 1)
        self.assertEqual([stage["status"] for stage in self.record()["stages"].values()], ["timed out", "skipped"])

    def test_names_a_program_that_is_missing(self):
        os.remove(os.path.join(self.bin, "gpu_bench"))
        self.assertEqual(self.verify("--only", "bench").returncode, 1)
        self.assertEqual(self.record()["stages"]["bench"]["status"], "missing")

    def sanitizer_stage(self, words, status):
        fakes.program(self.bin, "compute-sanitizer", fakes.SANITIZER, words=words, status=status, log="/dev/null")
        ran = self.verify("--only", "memcheck")
        return ran.returncode, self.record()["stages"]["memcheck"]["status"]

    def test_passes_over_tests_that_call_no_gpu(self):
        idle = "[  PASSED  ] 1 test.\n========= Error: Target application terminated before first instrumented API call"
        fakes.program(self.bin, "compute-sanitizer",
                      "#!/bin/sh\ncase \"$*\" in *Rows.Adds*) printf '%s\\n' '" + idle + "'; exit 255;; esac\n"
                      "echo '========= RACECHECK SUMMARY: 0 hazards'\n")
        self.verify("--only", "racecheck")
        stage = self.record()["stages"]["racecheck"]
        self.assertEqual((stage["status"], stage["summary"]), ("passed", "1 of 1 tests clean"))

    def test_records_that_the_sanitizer_was_refused(self):
        self.assertEqual(self.sanitizer_stage("========= Error: Device not supported. Please refer to the documentation", 1),
                         (0, "refused"))

    def test_fails_for_what_the_sanitizer_finds(self):
        self.assertEqual(self.sanitizer_stage("========= ERROR SUMMARY: 3 errors", 0), (1, "failed"))
        self.assertEqual(self.sanitizer_stage("========= RACECHECK SUMMARY: 1 hazard displayed (1 error, 0 warnings)", 0), (1, "failed"))

    def test_does_not_take_a_test_that_crashed_for_a_refusal(self):
        self.assertEqual(self.sanitizer_stage("something went wrong", 1), (1, "failed"))

    def test_fails_a_sweep_that_ran_elsewhere(self):
        fakes.program(self.bin, "trimtab", fakes.TRIMTAB, devices=fakes.DEVICES, pareto=fakes.PARETO.replace("cuda", "cpu"))
        self.assertEqual(self.verify("--only", "sweep").returncode, 1)

    def session(self):
        with open(os.path.join(self.out, "gpu_session.trimtab"), encoding="utf-8") as file:
            return file.read().splitlines()

    def test_keeps_the_sample_and_the_llama_shape_in_one_session(self):
        for _ in range(2):
            self.assertEqual(self.verify("--only", "sweep,llama").returncode, 0)
            self.assertEqual(len(self.session()), 2, "a session of an earlier time is begun anew")
        sample, llama = self.session()
        self.assertIn("classifier.onnx --data", sample)
        self.assertIn("llama-3.2-1b.onnx --axis", llama)
        self.assertNotIn("--data", llama)
        for line in (sample, llama):
            self.assertIn("--engine cuda", line)

    def test_times_generation_with_caches_that_stay_on_the_card(self):
        self.assertEqual(self.verify("--only", "generate").returncode, 0)
        stage = self.record()["stages"]["generate"]
        self.assertEqual([row["recipe"] for row in stage["figures"]], ["as stored", "int8", "int4 g128"])
        self.assertIn("int8 1667", stage["summary"])
        fakes.program(self.bin, "trimtab", fakes.TRIMTAB, devices=fakes.DEVICES, phases=fakes.PHASES.replace("in place", "handed on"))
        self.assertEqual(self.verify("--only", "generate").returncode, 1)
        self.assertIn("handed on", self.record()["stages"]["generate"]["reason"])

    def activity_stage(self, profile):
        fakes.program(self.bin, "trimtab", fakes.TRIMTAB, devices=fakes.DEVICES, profile=profile)
        return self.verify("--only", "activity").returncode, self.record()["stages"]["activity"]

    def test_asks_of_a_profile_that_nearly_all_of_the_gpus_time_stands_at_a_layer(self):
        status, stage = self.activity_stage(fakes.PROFILE)
        self.assertEqual((status, stage["status"]), (0, "passed"))
        self.assertIn("classifier 99.1 % at 4.2 % overhead, counters of 1 layers, language 99.1 %", stage["summary"])
        self.assertEqual(stage["figures"][0]["counted"][0]["node"], "fc")
        self.assertEqual([row["model"] for row in stage["figures"]], ["classifier", "language"])
        status, stage = self.activity_stage(fakes.PROFILE.replace("0.991", "0.97"))
        self.assertEqual((status, stage["status"]), (1, "failed"))
        self.assertIn("97.0 %", stage["reason"])

    def test_tells_a_bundle_that_cannot_record_from_a_recording_that_failed(self):
        for reason, expected in (("the module libtrimtab-cupti.so is not here (looked in /bin)", (0, "refused")),
                                 ("attaching to the process: CUPTI answers CUPTI_ERROR_INSUFFICIENT_PRIVILEGES (35)", (0, "refused")),
                                 ("no activity of the device was recorded during the runs", (1, "failed"))):
            status, stage = self.activity_stage('{"device": null, "no_activity": "%s"}' % reason)
            self.assertEqual((status, stage["status"]), expected, reason)
            self.assertIn(reason, stage["reason"])

    def test_leaves_no_model_behind(self):
        fakes.program(self.bin, "trimtab", fakes.TRIMTAB.replace("  sweep) ", "  sweep) [ -f \"$2.data\" ] || exit 3; "),
                      devices=fakes.DEVICES, pareto=fakes.PARETO)
        self.assertEqual(self.verify("--only", "llama").returncode, 0, "it is there while the sweep runs")
        with open(os.path.join(self.bin, "llama.log"), encoding="utf-8") as file:
            model = file.read().strip()
        self.assertTrue(model.endswith("llama-3.2-1b.onnx"))
        self.assertFalse(os.path.exists(os.path.dirname(model)))

    def test_fails_a_session_that_is_too_large_to_keep(self):
        large = fakes.TRIMTAB.replace('echo "$*" >>"$last"', 'head -c 4000000 /dev/zero >"$last"')
        fakes.program(self.bin, "trimtab", large, devices=fakes.DEVICES, pareto=fakes.PARETO)
        self.assertEqual(self.verify("--only", "llama").returncode, 1)
        self.assertIn("4000000 bytes", self.record()["stages"]["llama"]["reason"])

    def test_tells_that_the_llama_shape_could_not_be_written(self):
        fakes.program(self.bin, "gpu_models", "#!/bin/sh\necho 'no space left' >&2\nexit 1\n")
        self.assertEqual(self.verify("--only", "llama").returncode, 1)
        self.assertIn("no space left", self.record()["stages"]["llama"]["reason"])

    def test_refuses_words_it_does_not_know(self):
        self.assertEqual(self.verify("--only", "nonsense").returncode, 2)
        self.assertEqual(self.verify("--limit", "models=soon").returncode, 2)


class Compare(Folder):
    def oracle(self, name="h100_gemm_best.csv", header="dtype,m,n,k,latency_us,engine"):
        os.makedirs(self.out, exist_ok=True)
        with open(os.path.join(self.out, name), "w", encoding="utf-8") as file:
            file.write(header + "\nbfloat16,8,8192,8192,50.0,A 1\nbfloat16,1,1024,1024,4.0,B 2\n")

    def compare(self):
        return subprocess.run([os.path.join(HERE, "compare.sh"), os.path.join(self.out, "gpu_record.json"), self.out],
                              capture_output=True, text=True)

    def test_gives_the_geometric_mean_by_type(self):
        self.verify("--only", "bench")
        self.oracle()
        ran = self.compare()
        self.assertEqual(ran.returncode, 0, ran.stderr)
        row = next(line.split() for line in ran.stdout.splitlines() if line.startswith("bfloat16") and "of" in line.split())
        self.assertEqual(row, ["bfloat16", "2", "1.000", "0.800", "of", "1", "1.25"],
                         "sqrt(40/50 · 5/4) = 1; 40/50 alone has 134 MB of weights")
        self.assertIn("1 products of the record are not in the oracle", ran.stdout)

    def test_refuses_what_it_cannot_compare(self):
        self.verify("--only", "bench")
        self.oracle(header="dtype,m,n,k,time,engine")
        self.assertIn("lacks the columns latency_us", self.compare().stderr)
        self.oracle("h200_gemm_best.csv")
        os.remove(os.path.join(self.out, "h100_gemm_best.csv"))
        self.assertNotEqual(self.compare().returncode, 0, "the H100's record is not held against the H200's oracle")


class Readme(Folder):
    def figures(self, *arguments):
        return subprocess.run([sys.executable, os.path.join(HERE, "readme_figures.py"), *arguments, self.readme, self.records],
                              capture_output=True, text=True)

    def setUp(self):
        super().setUp()
        self.readme, self.records = os.path.join(self.bin, "README.md"), os.path.join(self.bin, "records")
        os.mkdir(self.records)
        with open(self.readme, "w", encoding="utf-8") as file:
            file.write("before\n<!-- gpu figures -->\n900 tokens/s, surely\n<!-- end of gpu figures -->\nafter\n")

    def keep(self, name, **changes):
        record = {**self.record(), **changes}
        with open(os.path.join(self.records, name), "w", encoding="utf-8") as file:
            json.dump(record, file)

    def text(self):
        with open(self.readme, encoding="utf-8") as file:
            return file.read()

    def test_claims_nothing_without_a_record(self):
        self.assertEqual(self.figures("--check").returncode, 1, "a typed figure is noticed")
        self.assertEqual(self.figures().returncode, 0)
        self.assertEqual(self.figures("--check").returncode, 0)
        self.assertIn("owed", self.text())
        self.assertNotIn("surely", self.text())
        self.assertTrue(self.text().startswith("before\n") and self.text().endswith("\nafter\n"))

    def test_takes_the_newest_record_of_each_card(self):
        self.verify()
        self.keep("a.json", recorded_at="2026-11-20T00:00:00Z", commit="a" * 40)
        self.keep("b.json", recorded_at="2026-11-25T00:00:00Z", commit="b" * 40)
        self.keep("c.json", recorded_at="2026-11-22T00:00:00Z", commit="c" * 40, card={"name": "NVIDIA H200", "driver": "590.1"})
        with open(os.path.join(self.records, "other.json"), "w", encoding="utf-8") as file:
            file.write('{"format": "something else"}')
        self.assertEqual(self.figures().returncode, 0)
        text = self.text()
        self.assertIn("bbbbbbbbbbbb", text)
        self.assertIn("cccccccccccc", text)
        self.assertNotIn("aaaaaaaaaaaa", text)
        self.assertIn("| llama-3.2-1b | bf16 | 1 | 901 | 71 % |", text)
        self.assertIn("| 8 × 8192 × 8192 | bf16 | 40.0 | 27 |", text)
        self.assertIn("3012 GB/s", text)
        self.assertEqual(self.figures("--check").returncode, 0)

    def test_makes_no_figure_of_what_failed(self):
        wrong = ({"kind": "product", "dtype": "fp8", "m": 1, "n": 9, "k": 9, "latency_us": 0, "passed": False},
                 {"kind": "decode", "model": "llama-3.1-8b", "recipe": "fp8", "passed": False, "reason": "no memory"})
        lines = "".join(f"echo '{json.dumps(line)}'\n" for line in wrong)
        fakes.program(self.bin, "gpu_bench", fakes.BENCH + lines)
        self.assertEqual(self.verify().returncode, 1)
        self.keep("a.json")
        ran = self.figures()
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertNotIn("llama-3.1-8b", self.text())
        self.assertNotIn("1 × 9 × 9", self.text())
        self.assertIn("8192 × 8192", self.text())

    def test_tells_a_record_that_did_not_pass(self):
        self.verify()
        self.keep("a.json", passed=False)
        self.figures()
        self.assertIn("not every check passed", self.text())


class FirstRows(Folder):
    def test_keep_what_the_array_says_of_itself(self):
        header = "{'descr': '<i8', 'fortran_order': False, 'shape': (3, 2), }\n".encode()
        source, target = os.path.join(self.bin, "a.npy"), os.path.join(self.bin, "b.npy")
        with open(source, "wb") as file:
            file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack("<6q", 1, 2, 3, 4, 5, 6))
        subprocess.run([sys.executable, os.path.join(ROOT, "installers", "first_rows.py"), "2", source, target], check=True)
        with open(target, "rb") as file:
            data = file.read()
        length = struct.unpack("<H", data[8:10])[0]
        self.assertEqual((10 + length) % 64, 0)
        self.assertIn(b"'shape': (2, 2)", data[:10 + length])
        self.assertEqual(struct.unpack("<4q", data[10 + length:]), (1, 2, 3, 4))


class Shapes(unittest.TestCase):
    def test_are_plain_shapes_for_every_row_count(self):
        with open(os.path.join(HERE, "shapes.csv"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertEqual(lines[0], "dtype,m,n,k")
        rows = [line.split(",") for line in lines[1:]]
        self.assertEqual(len(rows), len({tuple(row) for row in rows}))
        for dtype in ("bfloat16", "fp8"):
            counts = {}
            for row in rows:
                if row[0] == dtype:
                    counts[int(row[1])] = counts.get(int(row[1]), 0) + 1
            self.assertEqual(sorted(counts), [1, 8, 64, 512, 4096])
            self.assertGreaterEqual(sum(counts.values()), 24)


if __name__ == "__main__":
    unittest.main()
