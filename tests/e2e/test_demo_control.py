import os
import subprocess

from tests.running import CHAKONG


def test_the_life_of_a_measure_is_played_to_its_end(tmp_path):
    played = subprocess.run([*CHAKONG, "demo-control"], env={**os.environ, "CHAKONG_DATA_DIR": str(tmp_path)}, capture_output=True, text=True,
                            timeout=100, check=False)
    assert played.returncode == 0, played.stderr[-2000:]
    for said in ("seal: waiting", "DUR-DEP", "seal: released", "seal: in force，第1顺位", "超出债权额", "将于", "演示结束"):
        assert said in played.stdout
