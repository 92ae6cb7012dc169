"""The deployment files are whole: they parse, and what they name exists."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from sync import errors
from tests.docs.blocks import ROOT

DEPLOY = ROOT / "deploy"


def _unit(name: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=False, comment_prefixes="#")
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(DEPLOY / name)
    return unit


def _cronjob() -> Any:
    return yaml.safe_load((DEPLOY / "cronjob.yaml").read_text())


def test_a_night_that_the_machine_slept_through_is_made_up_for() -> None:
    timer = _unit("territory-sync.timer")["Timer"]
    assert timer["Persistent"] == "true"
    assert re.fullmatch(r"\*-\*-\* \d\d:\d\d:00 \w+/\w+", timer["OnCalendar"])


def test_only_an_exit_code_that_may_pass_is_tried_again() -> None:
    """Kubernetes and systemd say it in their own ways; both must agree with the codes there are."""
    codes = {value for name, value in vars(errors).items() if name.isupper() and isinstance(value, int)}
    final = codes - {errors.DONE, errors.TRY_LATER}
    service = _unit("territory-sync.service")["Service"]
    prevented = {int(code) for code in service["RestartPreventExitStatus"].split()}
    assert prevented | {int(service["SuccessExitStatus"])} >= final
    assert errors.TRY_LATER not in prevented and service["Restart"] == "on-failure"
    [rule] = _cronjob()["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    assert set(rule["onExitCodes"]["values"]) == final


def test_one_night_never_runs_beside_another() -> None:
    assert _cronjob()["spec"]["concurrencyPolicy"] == "Forbid"


def test_the_pod_may_do_nothing_but_its_work() -> None:
    pod = _cronjob()["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] and pod["restartPolicy"] == "Never"
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_the_image_installs_what_is_locked_and_runs_as_nobody_special() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert all("--require-hashes" in line or "--no-deps --no-build-isolation" in line for line in installs)
    for source in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE):
        assert all((ROOT / name).exists() for name in source.split()), source
    users = re.findall(r"^USER (\d+):(\d+)$", text, re.MULTILINE)
    assert users and "0" not in users[-1]
    pod = _cronjob()["spec"]["jobTemplate"]["spec"]["template"]["spec"]["securityContext"]
    assert users[-1] == (str(pod["runAsUser"]), str(pod["runAsGroup"]))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not there to ask")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for name in ("territory-sync.service", "territory-sync.timer"):
        # The program and its user are the admin's; systemd would look for them here.
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", (DEPLOY / name).read_text())
        (tmp_path / name).write_text(re.sub(r"(?m)^User=.*$", "User=root", text))
    units = [str(tmp_path / name) for name in ("territory-sync.service", "territory-sync.timer")]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    # A line that systemd does not understand is left out with a word on standard error, and no exit code.
    complaints = [line for line in done.stderr.splitlines() if "territory-sync" in line]
    assert done.returncode == 0 and not complaints, done.stderr
