"""
Adds up the test reports of one run: prints what could not run, the slowest tests and each failed one, then the totals. Exits with 1
unless everything passed.
"""

import pathlib
import sys
import typing
import xml.etree.ElementTree as xml

TRX = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"
SLOWEST = 5


class Test(typing.NamedTuple):
    name: str
    outcome: str
    seconds: float


def seconds_of(duration: str) -> float:
    hours, minutes, seconds = duration.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def of_trx(path: pathlib.Path) -> list[Test]:
    outcomes = {"Passed": "passed", "NotExecuted": "skipped"}
    return [
        Test(
            result.get("testName", ""),
            outcomes.get(result.get("outcome", ""), "failed"),
            seconds_of(result.get("duration", "00:00:00")),
        )
        for result in xml.parse(path).iter(f"{TRX}UnitTestResult")
    ]


def of_junit(path: pathlib.Path) -> list[Test]:
    def outcome_of(case: xml.Element) -> str:
        if case.find("failure") is not None or case.find("error") is not None:
            return "failed"
        return "passed" if case.find("skipped") is None else "skipped"

    return [
        Test(f"{case.get('classname')}.{case.get('name')}", outcome_of(case), float(case.get("time", 0)))
        for case in xml.parse(path).iter("testcase")
    ]


def main(results: pathlib.Path) -> int:
    tests: list[Test] = []
    failed = 0
    explained = set()
    expected = results / "expected.txt"
    reports = expected.read_text().split() if expected.exists() else []
    if not reports:
        print("No tests ran.")
        failed += 1
    for name in reports:
        path = results / name
        try:
            found = of_trx(path) if path.suffix == ".trx" else of_junit(path)
        except (OSError, xml.ParseError):
            print(f"{path.stem} left no report: its test host did not come to its end.")
            failed += 1
            explained.add(path.stem)
            continue
        if not found:
            print(f"{path.stem} ran no test.")
            failed += 1
            explained.add(path.stem)
        if any(test.outcome == "failed" for test in found):
            explained.add(path.stem)
        tests += found

    # A check that failed, or a run that failed although every test it reported passed.
    problems = (results / "problems.txt").read_text().splitlines()
    for problem in problems:
        if problem.removesuffix(" failed") not in explained:
            print(problem)
            failed += 1

    for test in sorted(tests, key=lambda test: -test.seconds)[:SLOWEST]:
        print(f"{test.seconds:6.1f} s  {test.name}")
    for test in tests:
        if test.outcome == "failed":
            print(f"FAILED  {test.name}")

    failed += sum(1 for test in tests if test.outcome == "failed")
    passed, skipped = (sum(1 for test in tests if test.outcome == outcome) for outcome in ("passed", "skipped"))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
