"""Adds up the test reports of one run: prints what could not run, then the totals, and exits with 1 unless everything passed."""

import pathlib
import sys
import xml.etree.ElementTree as xml

TRX = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"


def of_trx(path: pathlib.Path) -> tuple[int, int, int]:
    outcomes = [result.get("outcome") for result in xml.parse(path).iter(f"{TRX}UnitTestResult")]
    passed = outcomes.count("Passed")
    skipped = outcomes.count("NotExecuted")
    return passed, len(outcomes) - passed - skipped, skipped


def of_junit(path: pathlib.Path) -> tuple[int, int, int]:
    cases = list(xml.parse(path).iter("testcase"))
    failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
    skipped = sum(1 for case in cases if case.find("skipped") is not None)
    return len(cases) - failed - skipped, failed, skipped


def main(results: pathlib.Path) -> int:
    passed = failed = skipped = 0
    explained = set()
    expected = results / "expected.txt"
    reports = expected.read_text().split() if expected.exists() else []
    if not reports:
        print("No tests ran.")
        failed += 1
    for name in reports:
        path = results / name
        try:
            counts = of_trx(path) if path.suffix == ".trx" else of_junit(path)
        except (OSError, xml.ParseError):
            print(f"{path.stem} left no report: its test host did not come to its end.")
            failed += 1
            explained.add(path.stem)
            continue
        if sum(counts) == 0:
            print(f"{path.stem} ran no test.")
            counts = (0, 1, 0)
        if counts[1]:
            explained.add(path.stem)
        passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]

    # A check that failed, or a run that failed although every test it reported passed.
    problems = (results / "problems.txt").read_text().splitlines()
    for problem in problems:
        if problem.removesuffix(" failed") not in explained:
            print(problem)
            failed += 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
