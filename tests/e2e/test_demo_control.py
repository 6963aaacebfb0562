import os
import subprocess

import pytest

from tests.e2e.days import DAYS
from tests.running import CHAKONG


@pytest.mark.parametrize("start", ["", DAYS["the eve of Spring Festival"], DAYS["the last minute of a year"], DAYS["a leap day, of a year nobody has announced"]])
def test_the_life_of_a_measure_is_played_to_its_end_on_any_day(tmp_path, start):
    played = subprocess.run([*CHAKONG, "demo-control"], env={**os.environ, "CHAKONG_DATA_DIR": str(tmp_path), "CHAKONG_CLOCK_START": start},
                            capture_output=True, text=True, timeout=100, check=False)
    assert played.returncode == 0, played.stderr[-2000:]
    for said in ("seal: waiting", "DUR-DEP", "seal: released", "seal: in force，第1顺位", "超出债权额", "将于", "演示结束"):
        assert said in played.stdout
