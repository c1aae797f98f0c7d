"""What the checks of deploy/ and k8s/ share."""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.chdir(ROOT)


class Checks:
    """Counts what was checked and says what failed, all of it, before it gives up."""

    def __init__(self, name: str) -> None:
        self.name, self.done, self.failed = name, 0, 0

    def that(self, holds: object, sentence: str, detail: str = "") -> bool:
        self.done += 1
        if not holds:
            self.failed += 1
            print(f"{self.name}: NOT TRUE: {sentence}", *(f"    {line}" for line in detail.splitlines()), sep="\n")
        return bool(holds)

    def runs(self, sentence: str, *command: str, **options) -> str:
        """The command ends well; its output is shown only if it does not."""
        result = run(*command, **options)
        self.that(result.returncode == 0, sentence, result.stdout)
        return result.stdout

    def finish(self) -> None:
        print(f"{self.name}: {self.done} checks, {self.failed} of them failed")
        sys.exit(1 if self.failed or not self.done else 0)


def run(*command: str, **options) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False, **options
        )
    except FileNotFoundError:
        sys.exit(f"{command[0]} is not installed: run this by tests/run, which puts it on the PATH")


def config_keys() -> set[str]:
    """The keys of the configuration, from the table the binary reads them by."""
    table = (ROOT / "services/kit/src/config/keys.rs").read_text(encoding="utf-8")
    keys = set(re.findall(r'\b(?:key|optional)\(\s*"([a-z_.*]+)"', table))
    if not {"server.listen", "database.url"} <= keys:
        sys.exit("services/kit/src/config/keys.rs is not the table of keys any more: mend config_keys in tests/tools/checks.py")
    return keys


def unknown_variables(names, keys: set[str]) -> list[str]:
    """Those of our environment variables that the binary would refuse."""
    families = tuple(key[:-1] for key in keys if key.endswith("*"))
    ours = {name: name.removeprefix("TALENTFLOW__").replace("__", ".").lower() for name in names if name.startswith("TALENTFLOW_")}
    return [name for name, key in ours.items() if key not in keys and not key.startswith(families)]
