"""What a person's loops may rely on. Run by test/python/loops.test.ts, which counts each test."""

import asyncio
import contextlib
import dataclasses
import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import agent_jobs
from agent_jobs import amap, astep, done, failed, map, results, resume, step, usage

DOCS = [{"id": f"d{i}", "text": "x" * i} for i in range(5)]


class Loops(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "checkpoints", "job.jsonl")
        self.notes = []
        self._note, agent_jobs._note = agent_jobs._note, self.notes.append

    def tearDown(self):
        for session in list(agent_jobs._sessions.values()):
            session.close()
        agent_jobs._note = self._note
        self.folder.cleanup()

    def loop(self, items=DOCS, key="id", **options):
        agent_jobs._used.clear()  # as another program would begin
        return resume(items, key=key, **{"checkpoint": self.path, **options})

    def map(self, *args, **options):
        agent_jobs._used.clear()
        return map(*args, **{"checkpoint": self.path, **options})

    def records(self, kind=None):
        with open(self.path, "rb") as file:
            records = [json.loads(line) for line in file]
        return [record for record in records if kind in (None, record.get("type", "done"))]

    def program(self, body, *args, **more):
        """Runs a script in the folder; its exit code, output and notes."""
        script = os.path.join(self.folder.name, "script.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(body))
        return subprocess.Popen(
            [sys.executable, script, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )

    # Going on

    def test_a_second_run_gives_only_what_is_not_done(self):
        for doc in self.loop():
            if doc["id"] == "d3":
                break
            doc.done(len(doc["text"]))
        self.assertEqual([doc["id"] for doc in self.loop()], ["d3", "d4"])

    def test_all_results_come_in_the_order_of_the_input_in_whichever_run_they_were_made(self):
        for doc in self.loop([DOCS[3], DOCS[1]]):
            doc.done(doc["id"])
        into = []
        for doc in self.loop(into=into):
            doc.done(doc["id"])
        self.assertEqual(into, ["d0", "d1", "d2", "d3", "d4"])

    def test_results_fill_a_dict_by_id_and_a_file_a_line_each(self):
        by_id, file = {}, io.StringIO()
        for doc in self.loop(into=by_id):
            doc.done({"n": len(doc["text"])})
        list(self.loop(into=file))
        self.assertEqual(by_id["d2"], {"n": 2})
        self.assertEqual([json.loads(line) for line in file.getvalue().splitlines()], list(by_id.values()))

    def test_results_are_the_same_whether_they_were_just_made_or_restored(self):
        made, restored = [], []
        for doc in self.loop([DOCS[0]], into=made):
            doc.done((1, {2: "two"}))
        list(self.loop([DOCS[0]], into=restored))
        self.assertEqual(made, restored)
        self.assertEqual(made, [[1, {"2": "two"}]])

    def test_results_can_be_read_while_the_job_runs(self):
        for doc in self.loop():
            doc.done(doc["id"].upper())
            if doc["id"] == "d1":
                self.assertEqual(results(checkpoint=self.path), {"d0": "D0", "d1": "D1"})

    def test_an_item_that_is_left_unmarked_is_given_again_and_named(self):
        for doc in self.loop():
            if doc["id"] != "d2":
                doc.done()
        self.assertEqual([doc["id"] for doc in self.loop()], ["d2"])
        self.assertIn("1 item left without done() or failed(), to be given again: d2", "\n".join(self.notes))

    def test_an_item_that_is_passed_over_is_in_hand_no_longer_and_may_be_marked_late(self):
        first = None
        for doc in self.loop():
            if doc["id"] == "d0":
                first = doc
                continue
            self.assertEqual(agent_jobs._load(self.path).open[agent_jobs._key_of("d0")].phase, "waiting")
            doc.done()
        first.done("late")
        self.assertEqual(results(checkpoint=self.path)["d0"], "late")
        self.assertEqual(self.records("run-ended")[0]["reason"], "finished")

    def test_an_id_may_be_any_scalar_and_1_is_not_the_text_1(self):
        ids = [1, "1", True, 2.5, 9007199254740993, "é", "\ud83d", "__proto__", ""]
        for item in self.loop([{"id": i} for i in ids]):
            item.done()
        self.assertEqual(len(results(checkpoint=self.path)), len(ids) - 1)  # a dict takes True for 1
        self.assertEqual(list(self.loop([{"id": i} for i in ids])), [])

    def test_duplicate_ids_are_refused_by_name_before_anything_is_done(self):
        with self.assertRaisesRegex(agent_jobs.DuplicateIds, '"d1"'):
            self.loop([*DOCS, DOCS[1]])
        self.assertFalse(os.path.exists(self.path))

    def test_a_duplicate_id_of_a_generator_is_refused_when_it_comes(self):
        with self.assertRaises(agent_jobs.DuplicateIds):
            for doc in self.loop(doc for doc in [*DOCS, DOCS[1]]):
                doc.done()

    def test_the_total_of_a_generator_is_known_once_it_ended(self):
        for doc in self.loop(doc for doc in DOCS):
            self.assertEqual(self.records("input"), [])
            doc.done()
        self.assertEqual([record["total"] for record in self.records("input")], [5])

    def test_len_is_what_remains_of_a_list(self):
        loop = self.loop()
        self.assertEqual(len(loop), 5)
        for doc in loop:
            doc.done()
            break
        self.assertEqual(len(self.loop()), 4)
        with self.assertRaises(TypeError):
            len(self.loop(doc for doc in DOCS))

    def test_items_that_left_the_input_are_noted_and_those_that_come_back_too(self):
        for doc in self.loop():
            doc.done()
        list(self.loop(DOCS[1:]))
        list(self.loop())
        self.assertEqual(
            [
                (record["type"], record["item"])
                for record in self.records()
                if record.get("type") in ("gone", "back")
            ],
            [("gone", "d0"), ("back", "d0")],
        )

    def test_a_finished_item_whose_input_changed_is_kept_and_named(self):
        for doc in self.loop():
            doc.done()
        list(self.loop([{"id": "d0", "text": "another"}, *DOCS[1:]]))
        self.assertIn("1 finished item had another input when done (d0)", "\n".join(self.notes))

    def test_changed_params_are_refused_by_name_until_they_are_kept(self):
        self.loop(params={"model": "a", "prompt": "p"})
        with self.assertRaisesRegex(agent_jobs.JobChanged, "model"):
            self.loop(params={"model": "b", "prompt": "p"}, take_over=True)
        self.loop(params={"model": "b", "prompt": "p"}, changed="keep", take_over=True)

    # What an item is

    def test_a_dict_of_the_input_is_changed_through_its_item(self):
        docs = [{"id": "a"}]
        for doc in self.loop(docs):
            doc["summary"] = "s"
            doc.update(n=1)
            self.assertIsInstance(doc, dict)
            self.assertEqual(json.dumps(doc), '{"id": "a", "summary": "s", "n": 1}')
            doc.done()
        self.assertEqual(docs, [{"id": "a", "summary": "s", "n": 1}])

    def test_texts_paths_numbers_tuples_and_objects_behave_as_they_are(self):
        Row = namedtuple("Row", "id text")

        @dataclasses.dataclass
        class Doc:
            id: str
            text: str

        items = ["a.txt", pathlib.Path("b.txt"), 7, Row("r", "row"), Doc("o", "object")]
        seen = []
        for item in self.loop(items, key=lambda item: getattr(item, "id", item)):
            seen.append(item)
            if isinstance(item, str):
                self.assertEqual(f"{item}!", "a.txt!")
                self.assertEqual(os.path.join("x", item), os.path.join("x", "a.txt"))
            elif isinstance(item, pathlib.Path):
                self.assertEqual(os.fspath(item), "b.txt")
                self.assertEqual((item / "c").name, "c")
            elif isinstance(item, int):
                self.assertEqual(item + 1, 8)
            elif isinstance(item, Row):
                id_, text = item
                self.assertEqual((id_, text, item.text), ("r", "row", "row"))
            else:
                self.assertIsInstance(item, Doc)
                item.text = "changed"
                self.assertEqual(items[4].text, "changed")
            item.done()
        self.assertEqual(len(seen), 5)

    def test_an_item_with_a_done_of_its_own_is_given_as_it_is(self):
        Row = namedtuple("Row", "id done")
        for row in self.loop([Row("a", False)]):
            self.assertIs(row.done, False)
            done("marked")
        self.assertEqual(results(checkpoint=self.path), {"a": "marked"})

    def test_the_item_in_hand_of_a_loop_that_unpacks_is_marked_by_done(self):
        for i, doc in self.loop(enumerate(DOCS), key=lambda pair: pair[1]["id"]):
            failed("no") if i == 2 else done(i)
        self.assertEqual(results(checkpoint=self.path), {"d0": 0, "d1": 1, "d3": 3, "d4": 4})

    def test_an_item_goes_to_another_process_as_it_is(self):
        import pickle

        for doc in self.loop():
            self.assertIs(type(pickle.loads(pickle.dumps(doc))), dict)
            doc.done()

    def test_what_has_no_id_is_refused_with_the_way_to_name_one(self):
        with self.assertRaisesRegex(TypeError, "key="):
            self.loop([{"name": "x"}], key=None)
        with self.assertRaisesRegex(TypeError, "'uid'"):
            self.loop(key="uid")
        with self.assertRaisesRegex(TypeError, "one str"):
            self.loop("abc")

    # Failures

    def test_with_records_an_exception_as_a_failure_with_its_cause_and_goes_on(self):
        class RateLimitError(Exception):
            status_code = 429

        causes = {"d1": RateLimitError("slow down"), "d2": TimeoutError("late"), "d3": KeyError("summary")}
        for doc in self.loop():
            with doc:
                if doc["id"] in causes:
                    raise causes[doc["id"]]
                doc.done()
        told = {record["item"]: record["cause"] for record in self.records("failed")}
        self.assertEqual(told, {"d1": "rate-limit", "d2": "timeout", "d3": "bug"})
        self.assertIn("in test_with_records", self.records("failed")[0]["detail"])
        self.assertEqual([doc["id"] for doc in self.loop()], ["d1", "d2", "d3"])

    def test_with_lets_go_what_ends_the_program(self):
        with self.assertRaises(KeyboardInterrupt):
            for doc in self.loop():
                with doc:
                    raise KeyboardInterrupt
        self.assertEqual(self.records("failed"), [])

    def test_causes_are_told_by_what_services_and_libraries_say(self):
        def error(name, text="", cause=None, **members):
            made = type(name, (Exception,), members)(text)
            made.__cause__ = cause
            return made

        expected = [
            (
                error("APIStatusError", status_code=529, body={"error": {"type": "overloaded_error"}}),
                "overloaded",
            ),
            (error("RateLimitError", status_code=429, body={"code": "insufficient_quota"}), "auth"),
            (error("BadRequestError", "prompt is too long: 9 tokens", status_code=400), "context-too-long"),
            (error("HTTPError", response=type("R", (), {"status_code": 503})()), "overloaded"),
            (error("HTTPError", code=401), "auth"),
            (
                error(
                    "ClientError",
                    response={
                        "Error": {"Code": "ThrottlingException"},
                        "ResponseMetadata": {"HTTPStatusCode": 400},
                    },
                ),
                "rate-limit",
            ),
            (error("APIConnectionError", cause=error("ConnectTimeout")), "timeout"),
            (ConnectionResetError("reset"), "network"),
            (asyncio.TimeoutError(), "timeout"),
            (json.JSONDecodeError("no", "", 0), "bad-reply"),
            (ZeroDivisionError("x"), "bug"),
            (error("Whatever"), "other"),
            (error("Own", failure_cause="refused"), "refused"),
        ]
        for raised, cause in expected:
            self.assertEqual(agent_jobs._cause_of(raised), cause, repr(raised))

    def test_an_error_that_cannot_even_be_read_is_a_failure_like_any_other(self):
        class Evil(Exception):
            @property
            def response(self):
                raise RuntimeError("no response")

            def __str__(self):
                raise ValueError("no text")

        for doc in self.loop([DOCS[0]]):
            with doc:
                raise Evil
        self.assertEqual([record["message"] for record in self.records("failed")], ["Evil"])

    def test_a_closed_or_missing_standard_error_ends_no_loop(self):
        agent_jobs._note = self._note
        before = sys.stderr
        try:
            for stream in (None, io.StringIO()):
                sys.stderr = stream
                if stream is not None:
                    stream.close()
                for doc in self.loop([{"id": str(stream)}]):
                    with doc:
                        raise TimeoutError
        finally:
            sys.stderr = before
        self.assertEqual(len(self.records("failed")), 2)

    def test_keys_are_taken_out_of_what_is_recorded(self):
        secrets = [
            "sk-ant-api03-abcdef123456",
            "sk-proj-AbCdEf1234567890",
            "AKIAABCDEFGHIJKLMNOP",
            "eyJhbGciOi.eyJzdWIiOi.abc",
        ]
        for doc in self.loop():
            doc.failed(Exception(f"call with {' '.join(secrets)} password=hunter2hunter failed"))
        text = pathlib.Path(self.path).read_text(encoding="utf-8")
        for secret in [*secrets, "hunter2"]:
            self.assertNotIn(secret, text)

    def test_a_result_that_is_no_json_is_refused_and_fails_its_item(self):
        for doc in self.loop([DOCS[0]]):
            with doc:
                doc.done(float("nan"))
        self.assertEqual(self.records("done"), [])
        self.assertEqual(len(self.records("failed")), 1)

    def test_replies_of_sdks_and_other_common_values_are_results(self):
        class Reply:
            def model_dump(self, mode):
                return {"text": "t"}

        given = [Reply(), pathlib.Path("a/b"), {1, 2}, dataclasses.make_dataclass("D", ["n"])(3)]
        for item, value in zip(self.loop(list("abcd"), key=None), given):
            item.done(value)
        self.assertEqual(
            list(results(checkpoint=self.path).values()), [{"text": "t"}, "a/b", [1, 2], {"n": 3}]
        )

    # Steps and tokens

    def test_a_step_is_not_done_again_when_its_item_is_tried_again(self):
        calls = []

        def outline(text):
            calls.append(text)
            return {"of": text}

        for attempt in (1, 2):
            for doc in self.loop([DOCS[1]]):
                with doc:
                    self.assertEqual(step("outline", {"text": "t"}, lambda: outline("t")), {"of": "t"})
                    if attempt == 1:
                        raise TimeoutError
                    self.assertEqual(
                        step("outline", {"text": "another"}, lambda: outline("another")), {"of": "another"}
                    )
                    doc.done()
        self.assertEqual(calls, ["t", "another"])

    def test_tokens_are_recorded_at_once_and_mean_the_same_whoever_replied(self):
        class Usage:
            input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens = 100, 20, 30, 5

        class Message:
            usage, model = Usage(), "claude-x"

        openai = {
            "model": "gpt-x",
            "usage": {
                "prompt_tokens": 100,
                "completion_tokens": 7,
                "prompt_tokens_details": {"cached_tokens": 40},
            },
        }
        for doc in self.loop([DOCS[0]]):
            usage(Message())
            usage(openai)
            with self.assertRaises(TypeError):
                usage("no reply")
            doc.done()
        told = [record["usage"] for record in self.records("spent")]
        self.assertEqual(
            told[0],
            {
                "inputTokens": 135,
                "outputTokens": 20,
                "cachedTokens": 30,
                "cacheWriteTokens": 5,
                "model": "claude-x",
            },
        )
        self.assertEqual(
            told[1], {"inputTokens": 100, "outputTokens": 7, "cachedTokens": 40, "model": "gpt-x"}
        )

    def test_tokens_that_would_come_too_late_are_refused(self):
        for doc in self.loop([DOCS[0]]):
            doc.done()
            with self.assertRaisesRegex(agent_jobs.AgentJobsError, "before done"):
                usage({"inputTokens": 1})

    def test_what_belongs_to_an_item_is_refused_outside_of_one(self):
        for act in (lambda: done(), lambda: usage({"inputTokens": 1}), lambda: step("s", 1, lambda: 1)):
            with self.assertRaisesRegex(agent_jobs.AgentJobsError, "within an item"):
                act()

    # map and amap

    def test_map_gives_all_results_in_order_over_runs_and_threads(self):
        calls = []

        def work(doc):
            calls.append(doc["id"])
            usage({"inputTokens": 1})
            return doc["id"].upper()

        self.map(work, DOCS[:2])
        self.assertEqual(self.map(work, DOCS, concurrency=4), ["D0", "D1", "D2", "D3", "D4"])
        self.assertEqual(sorted(calls), ["d0", "d1", "d2", "d3", "d4"])
        self.assertEqual(self.records("run-started")[1]["concurrency"], 4)

    def test_map_does_the_rest_before_it_raises_what_failed(self):
        def work(doc):
            if doc["id"] in ("d1", "d3"):
                raise TimeoutError(doc["id"])
            return doc["id"]

        with self.assertRaises(agent_jobs.ItemsFailed) as raised:
            self.map(work, DOCS, concurrency=2)
        self.assertEqual(raised.exception.results, ["d0", None, "d2", None, "d4"])
        self.assertEqual(set(raised.exception.failures), {"d1", "d3"})
        told = self.map(work, DOCS, return_exceptions=True)
        self.assertEqual(
            [type(one).__name__ for one in told], ["str", "TimeoutError", "str", "TimeoutError", "str"]
        )

    def test_amap_works_on_so_many_at_a_time_and_no_more(self):
        running = peak = 0

        async def work(doc):
            nonlocal running, peak
            running += 1
            peak = max(peak, running)
            value = await astep("shout", doc["id"], lambda: shout(doc["id"]))
            running -= 1
            return value

        async def shout(text):
            await asyncio.sleep(0)
            return text.upper()

        async def main():
            return await amap(work, DOCS, checkpoint=self.path, concurrency=2)

        self.assertEqual(asyncio.run(main()), ["D0", "D1", "D2", "D3", "D4"])
        self.assertEqual(peak, 2)
        self.assertEqual(len(self.records("step")), 5)

    def test_amap_records_failures_and_goes_on(self):
        async def work(doc):
            if doc["id"] == "d2":
                raise ConnectionError("gone")
            return 1

        told = asyncio.run(amap(work, DOCS, checkpoint=self.path, return_exceptions=True))
        self.assertEqual([one if one == 1 else type(one) for one in told], [1, 1, ConnectionError, 1, 1])

    def test_a_cancelled_amap_leaves_what_is_in_hand_in_doubt_and_can_go_on(self):
        async def never(doc):
            await asyncio.get_running_loop().create_future()

        async def main():
            task = asyncio.ensure_future(amap(never, DOCS, checkpoint=self.path, concurrency=2))
            while not os.path.exists(self.path) or len(self.records("started")) < 2:
                await asyncio.sleep(0.001)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        asyncio.run(main())
        self.assertEqual(agent_jobs._load(self.path).counts(), (0, 0, 2))
        self.assertEqual(self.records("run-ended")[0]["reason"], "interrupted")

    def test_items_of_a_loop_may_be_marked_in_the_threads_of_a_pool(self):
        with ThreadPoolExecutor(4) as pool:
            for doc in self.loop():
                pool.submit(lambda doc=doc: doc.done(doc["id"]))
        self.assertEqual(len(results(checkpoint=self.path)), 5)
        self.assertEqual(self.records("run-ended")[0]["reason"], "finished")

    def test_the_other_kind_of_function_is_refused_before_every_item_fails_of_it(self):
        async def coroutine(doc):
            return 1

        with self.assertRaisesRegex(TypeError, "amap"):
            self.map(coroutine, DOCS)
        with self.assertRaisesRegex(TypeError, "map"):
            agent_jobs._used.clear()
            asyncio.run(amap(lambda doc: 1, DOCS, checkpoint=self.path))
        self.assertEqual(self.records("failed"), [])

    def test_an_interrupt_in_the_middle_of_a_write_acknowledges_nobody_and_loses_nothing(self):
        write, interrupted = os.write, []

        def interrupting(fd, data):
            if b'"id":"d1"' in data and not interrupted:
                interrupted.append(write(fd, data[: len(data) // 2]))
                raise KeyboardInterrupt
            return write(fd, data)

        loop = iter(self.loop())
        next(loop).done()
        os.write = interrupting
        try:
            second = next(loop)
            with self.assertRaises(KeyboardInterrupt):
                second.done("half")
            second.done("whole")
        finally:
            os.write = write
        state = agent_jobs._load(self.path)
        self.assertEqual((state.damaged, len(state.faults)), (0, 1))
        self.assertEqual(results(checkpoint=self.path), {"d0": None, "d1": "whole"})

    def test_many_threads_share_syncs_and_lose_nothing(self):
        items = [str(i) for i in range(300)]
        map(lambda item: item, items, checkpoint=self.path, concurrency=16)
        self.assertEqual(set(results(checkpoint=self.path)), set(items))

    # One run at a time, and how runs end

    def test_a_cell_that_is_run_again_is_not_refused(self):
        agent_jobs._is_interactive, before = (lambda: True), agent_jobs._is_interactive
        try:
            first = iter(self.loop())
            next(first).done()
            second = [doc["id"] for doc in self.loop()]
        finally:
            agent_jobs._is_interactive = before
        self.assertEqual(second, ["d1", "d2", "d3", "d4"])
        with self.assertRaises(agent_jobs.AgentJobsError):
            next(first)

    def refused(self, *lines):
        """Whether a program of these lines is refused its second loop; its output otherwise."""
        program = self.program("from agent_jobs import map, resume\n" + "\n".join(lines))
        out, told = program.communicate(timeout=30)
        return "Give each a name" in told or out.strip()

    def test_two_loops_of_one_program_do_not_take_each_others_items_for_done(self):
        loop = "    for doc in resume(['a', 'b'], into=out): doc.done(model + doc)"
        models = ["for model in ['s', 'l']:", "    out = []", loop, "    print(out)"]
        self.assertIs(self.refused(*models), True)
        named = [line.replace("into=out", "into=out, job=model") for line in models]
        self.assertEqual(self.refused(*named), "['sa', 'sb']\n['la', 'lb']")
        self.assertIs(
            self.refused("for x in resume(['a']): x.done()", "for x in resume(['a']): x.done()"), True
        )
        self.assertIs(self.refused("for m in 'sl':", "    map(lambda x: m + x, ['a'], job='both')"), True)

    def test_a_program_may_try_again_what_failed(self):
        tries = ["for attempt in (1, 2):", "    for x in resume(['a', 'b'], job='tries'):", "        with x:"]
        tries += [
            "            if attempt == 1 and x == 'b': raise TimeoutError",
            "            x.done()",
            "print('tried')",
        ]
        self.assertEqual(self.refused(*tries), "tried")
        fails = [
            "def f(x):",
            "    if not seen: seen.append(x); raise TimeoutError",
            "    return x",
            "seen = []",
        ]
        fails += ["try: map(f, ['a'], job='maps')", "except Exception: print(map(f, ['a'], job='maps'))"]
        self.assertEqual(self.refused(*fails), "['a']")
        polls = ["for x in resume(['a'], job='polls'): x.done()"]
        polls += ["for x in resume(['b'], job='polls', again=True): x.done(); print(x)"]
        self.assertEqual(self.refused(*polls), "b")

    def test_another_process_is_refused_while_a_run_lives_and_told_who_it_is(self):
        self.loop()
        program = self.program(f"from agent_jobs import resume\nresume(['a'], checkpoint={self.path!r})")
        _, told = program.communicate(timeout=30)
        self.assertIn(f"held by pid {os.getpid()}", told)

    def test_an_uncaught_exception_fails_the_item_in_hand_and_ends_the_run(self):
        program = self.program(
            """
            from agent_jobs import resume
            for x in resume(["a", "b"], job="crash"):
                if x == "b": raise ConnectionError("gone")
                x.done()
            """
        )
        _, told = program.communicate(timeout=30)
        self.assertRegex(told, r"crash: b failed, and its exception ended the loop\. .*`with item:`")
        self.path = os.path.join(self.folder.name, "checkpoints", "crash.jsonl")
        self.assertEqual(
            [(record["item"], record["cause"]) for record in self.records("failed")], [("b", "network")]
        )
        self.assertEqual(self.records("run-ended")[0]["reason"], "error")

    def waiting_program(self):
        """A script that has its first item in hand, and goes on with a line of its input."""
        program = self.program(
            """
            import sys
            from agent_jobs import resume
            for x in resume(["a", "b"], job="waits"):
                print("in hand", flush=True)
                sys.stdin.readline()
                x.done()
            print("after the loop")
            """
        )
        self.assertEqual(program.stdout.readline(), "in hand\n")
        self.path = os.path.join(self.folder.name, "checkpoints", "waits.jsonl")
        return program

    def test_a_stop_request_lets_the_item_in_hand_finish_and_ends_the_program_with_75(self):
        program = self.waiting_program()
        token = self.records("run-started")[0]["token"]
        with open(f"{self.path}.stop", "w", encoding="utf-8") as file:
            file.write(token + "\n")
        told, _ = program.communicate("\n", timeout=30)
        self.assertEqual((program.returncode, told), (75, ""))
        self.assertEqual([record["id"] for record in self.records("done")], ["a"])
        self.assertEqual(self.records("run-ended")[0]["reason"], "stopped")
        self.assertFalse(os.path.exists(f"{self.path}.stop"))

    @unittest.skipIf(sys.platform == "win32", "Windows has no signals")
    def test_the_first_signal_lets_the_item_in_hand_finish(self):
        for number, code, reason in (
            (signal.SIGTERM, 143, "terminated"),
            (signal.SIGINT, 130, "interrupted"),
        ):
            program = self.waiting_program()
            program.send_signal(number)
            time.sleep(0.05)  # the interpreter takes it before the line that ends the wait
            program.communicate("\n", timeout=30)
            self.assertEqual(program.returncode, code)
            self.assertEqual(self.records("run-ended")[-1]["reason"], reason)

    @unittest.skipIf(sys.platform == "win32", "Windows has no signals")
    def test_a_killed_run_leaves_its_item_in_doubt_and_its_successor_says_so(self):
        program = self.waiting_program()
        program.kill()
        program.communicate()
        self.assertEqual(agent_jobs._load(self.path).counts(), (0, 0, 1))
        for item in resume(["a", "b"], checkpoint=self.path, job="waits"):
            item.done()
        self.assertEqual([record["cause"] for record in self.records("run-lost")], ["killed"])
        self.assertIn("1 in doubt before, tried again", "\n".join(self.notes))

    def test_a_job_s_checkpoint_is_that_of_its_program_and_not_of_what_that_launches(self):
        told = 'from agent_jobs import resume\nfor x in resume(["a"]): x.done()\n'
        for parent, folder in ((os.getpid(), "given"), (1, "checkpoints")):
            given = os.path.join(self.folder.name, "given", "j.jsonl")
            names = {"AGENT_JOBS_JOB": "j", "AGENT_JOBS_CHECKPOINT": given, "AGENT_JOBS_RUN_PID": str(parent)}
            self.program(told, env={**os.environ, **names}).communicate(timeout=30)
            self.assertTrue(os.path.isdir(os.path.join(self.folder.name, folder)), folder)

    def test_a_damaged_checkpoint_is_not_gone_on_over_unasked(self):
        for doc in self.loop():
            doc.done()
        with open(self.path, "r+b") as file:
            file.seek(os.path.getsize(self.path) // 2)
            file.write(b"#")
        with self.assertRaisesRegex(agent_jobs.CheckpointDamaged, "python -m agent_jobs repair"):
            self.loop()
        self.loop(on_damage="continue")

    def test_a_file_of_another_job_or_format_is_not_touched(self):
        os.makedirs(os.path.dirname(self.path))
        for text, told in (
            ('{"id": "a", "ts": 1}\n', "migrate"),
            ('{"turn": 1, "state": {}, "completed_items": ["a"], "timestamp": 1}\n', "migrate"),
            ("hello\n", "no checkpoint"),
        ):
            with open(self.path, "w", encoding="utf-8") as file:
                file.write(text)
            with self.assertRaisesRegex(agent_jobs.UnfitCheckpoint, told):
                self.loop()
            self.assertEqual(pathlib.Path(self.path).read_text(encoding="utf-8"), text)
            self.assertFalse(os.path.exists(f"{self.path}.lock"))

    # What must hold while things go wrong

    def test_a_mark_whose_write_was_interrupted_is_acknowledged_to_nobody(self):
        file = None
        for doc in self.loop():
            file = doc._agent_jobs.session.file
            entry = file.push(doc._agent_jobs._finish_line(None)[0], True)
            with file.mutex:
                file.pending = []  # as a signal leaves it that comes just after the batch was taken
            with self.assertRaises(agent_jobs.CheckpointWriteError):
                file.flush(entry)
            break
        self.assertEqual(self.records("done"), [])

    def test_what_interrupts_one_thread_is_no_interrupt_of_the_others_that_waited_for_it(self):
        for doc in self.loop():
            file = doc._agent_jobs.session.file
            other = file.push(b"", True)
            check, file.before_batch = file.before_batch, lambda: (_ for _ in ()).throw(KeyboardInterrupt())
            with self.assertRaises(KeyboardInterrupt):
                doc.done()
            file.before_batch = check
            with self.assertRaises(agent_jobs.CheckpointWriteError):
                file.flush(other)
            doc.done("again")
        self.assertEqual(results(checkpoint=self.path)["d0"], "again")

    def test_a_loop_within_a_loop_gives_the_item_in_hand_back_however_it_is_left(self):
        def inner(how):
            for i, part in self.loop(
                enumerate("xy"), key=lambda pair: f"{how}{pair[1]}", checkpoint=self.path + how
            ):
                done("part")
                if how == "break":
                    return
                if how == "error":
                    raise ValueError

        for i, how in self.loop(enumerate(["end", "break", "error"]), key=lambda pair: pair[1]):
            with contextlib.suppress(ValueError):
                inner(how)
            done(how)
        self.assertEqual(results(checkpoint=self.path), {how: how for how in ("end", "break", "error")})
        with self.assertRaisesRegex(agent_jobs.AgentJobsError, "within an item"):
            done("after all loops")

    def test_what_ends_a_map_is_raised_and_not_the_stop_that_it_means_for_others(self):
        def held(doc):
            if doc["id"] == "d1":
                raise agent_jobs.JobHeld("held")
            return 1

        async def aheld(doc):
            while doc["id"] == "d0" and not self.records("done"):
                return await asyncio.sleep(0.05)
            return held(doc)

        with self.assertRaises(agent_jobs.JobHeld):
            asyncio.run(amap(aheld, DOCS, checkpoint=self.path + "a", concurrency=2))
        for _ in range(5):
            with self.assertRaises(agent_jobs.JobHeld):
                self.map(held, DOCS, concurrency=2)

    def test_what_is_no_record_is_refused_before_it_is_written(self):
        for total in ("5", -1, True, 2.5):
            with self.assertRaisesRegex(TypeError, "total"):
                self.loop((doc for doc in DOCS), total=total)
        for doc in self.loop([DOCS[0]]):
            for cause in (404, ["x"], True):
                with self.assertRaisesRegex(TypeError, "cause"):
                    doc.failed("no", cause=cause)
            doc.failed("no", cause="")
        self.assertEqual(agent_jobs._load(self.path).damaged, 0)

    def test_an_error_that_cannot_be_asked_is_recorded_all_the_same(self):
        class Odd(Exception):
            @property
            def response(self):
                raise RuntimeError("no response")

            def __str__(self):
                raise RuntimeError("no text")

        for doc in self.loop([DOCS[0]]):
            with doc:
                raise Odd
        self.assertEqual([record["message"] for record in self.records("failed")], ["Odd"])

    # The command line

    def command(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = agent_jobs.main(arguments)
        return code, out.getvalue()

    def test_status_counts_and_repair_keeps_all_but_what_is_damaged(self):
        for doc in self.loop():
            doc.done(doc["id"])
        self.assertEqual(self.command("status", self.folder.name), (0, "job: 5 of 5 done; finished\n"))
        before = pathlib.Path(self.path).read_bytes()
        lines = before.splitlines(True)
        at = next(i for i, line in enumerate(lines) if line.startswith(b'{"id":"d2"'))
        lines[at] = lines[at].replace(b"d2", b"d9")
        damaged = b"".join(lines)
        with open(self.path, "wb") as file:
            file.write(damaged)
        code, told = self.command("status", self.path)
        self.assertEqual((code, told), (3, "job: 4 of 5 done, 1 in doubt; stopped; 1 damaged line\n"))
        self.assertEqual(self.command("repair", self.path, "--dry-run")[0], 3)
        code, told = self.command("repair", self.path, "--yes")
        self.assertEqual(code, 0, told)
        self.assertEqual(pathlib.Path(self.path).read_bytes(), b"".join(lines[:at] + lines[at + 1 :]))
        backup = next(name for name in os.listdir(os.path.dirname(self.path)) if ".bak-" in name)
        self.assertEqual(pathlib.Path(os.path.join(os.path.dirname(self.path), backup)).read_bytes(), damaged)
        self.assertEqual(
            self.command("repair", self.path), (0, f"{self.path} is in order; there is nothing to repair.\n")
        )

    def test_the_repair_of_a_torn_tail_is_one_newline(self):
        for doc in self.loop():
            doc.done(doc["id"])
        with open(self.path, "ab") as file:
            file.write(b'{"id":"torn","ts":1')
        before = pathlib.Path(self.path).read_bytes()
        self.assertEqual(self.command("repair", self.path, "--yes")[0], 0)
        self.assertEqual(pathlib.Path(self.path).read_bytes(), before + b"\n")

    def test_a_wrong_command_line_says_what_is_wrong(self):
        for arguments, told in (
            ((), "usage"),
            (("fix", "x"), "Unknown command 'fix'"),
            (("status", "--all", "x"), "Unknown flag --all"),
            (("repair",), "Name one checkpoint"),
            (("status", "nowhere.jsonl"), "Cannot read nowhere.jsonl"),
        ):
            code, text = self.command(*arguments)
            self.assertEqual(code, 2)
            self.assertIn(told, text)


class Told(unittest.TestResult):
    """Says of each test how it ended, a JSON line each."""

    def say(self, test, outcome, detail=None):
        print(
            json.dumps({"test": test.id().split(".")[-1], "outcome": outcome, "detail": detail}), flush=True
        )

    def addSuccess(self, test):
        self.say(test, "passed")

    def addFailure(self, test, err):
        self.say(test, "failed", self._exc_info_to_string(err, test))

    addError = addFailure

    def addSkip(self, test, reason):
        self.say(test, "skipped", reason)


if __name__ == "__main__":
    unittest.defaultTestLoader.loadTestsFromTestCase(Loops).run(Told())
