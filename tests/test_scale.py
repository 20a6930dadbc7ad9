"""pool_many on Dask: lazy, the same bits as the serial run, and none lost with a killed worker."""

import os
import signal
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import pytest
from dask.distributed import Client, LocalCluster
from numpy.testing import assert_array_equal

from evidence.cli import main
from evidence.models.columns import NUMBERS
from evidence.models.pool import pool_many
from evidence.validation import coverage

ROWS, BLOCK = 6000, 500


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(5)
    vi = rng.chisquare(5, (ROWS, 10)) / 50
    yi = rng.normal(0, np.sqrt(vi + 0.05))
    yi[::9, 4:] = vi[::9, 4:] = np.nan
    return yi, vi


@pytest.fixture(scope="module")
def client():
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, Client(cluster) as client:
        yield client


def blocks(data):
    return tuple(da.from_array(x, chunks=(BLOCK, 10)) for x in data)


def assert_same(result, expected):
    for name in (*NUMBERS, "weights"):
        assert_array_equal(getattr(result, name), getattr(expected, name), err_msg=name)


def test_dask_arrays_stay_lazy_and_give_the_same_bits(data):
    lazy = pool_many(*blocks(data), tau2_method="PM", ci_method="wald", pi_method="hts")
    assert isinstance(lazy.estimate, da.Array)
    assert lazy.weights.shape == (ROWS, 10)
    with dask.config.set(scheduler="synchronous"):
        (result,) = dask.compute(lazy)
    assert_same(result, pool_many(*data, tau2_method="PM", ci_method="wald", pi_method="hts"))


def test_one_lazy_argument_and_uneven_blocks_are_enough(data):
    yi, vi = data
    lazy = pool_many(da.from_array(yi[:900], chunks=(400, 3)), vi[:900], "DL")
    with dask.config.set(scheduler="synchronous"):
        assert_same(dask.compute(lazy)[0], pool_many(yi[:900], vi[:900], "DL"))


def test_two_worker_processes_give_the_same_bits(data, client):
    assert len(client.scheduler_info()["workers"]) == 2
    (result,) = dask.compute(pool_many(*blocks(data)))
    assert_same(result, pool_many(*data))


def die_once(block, marker):
    """Kill the worker that computes the block, the first time anybody does."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return block


def test_a_killed_worker_loses_nothing(data, client, tmp_path):
    yi, vi = blocks(data)
    marker = tmp_path / "killed"
    deadly = da.concatenate(
        [yi[: 6 * BLOCK], yi[6 * BLOCK :].map_blocks(die_once, str(marker), meta=np.empty((0, 0)))]
    )
    before = set(client.run(os.getpid).values())
    (result,) = dask.compute(pool_many(deadly, vi))
    assert marker.exists()
    assert_same(result, pool_many(*data))
    client.wait_for_workers(2, timeout=60)
    assert set(client.run(os.getpid).values()) != before


def test_faults_in_a_block_are_refused_by_name(data):
    yi, vi = blocks(data)
    with dask.config.set(scheduler="synchronous"), pytest.raises(ValueError, match=r"vi\[0, 0\] is -"):
        dask.compute(pool_many(yi, -vi))
    with pytest.raises(ValueError, match="allowed: one shape"):
        pool_many(yi, vi[:100])


def test_the_coverage_command_prints_the_same_with_a_scheduler(client, capsys):
    arguments = ["coverage", "--replicates", "30", "--seed", "7"]
    assert main(arguments) == 0
    serial = capsys.readouterr().out
    assert main([*arguments, "--scheduler", client.scheduler.address]) == 0
    assert capsys.readouterr().out == serial
    assert serial.splitlines()[0].startswith("k,tau,i2,tau2_method")
    assert len(serial.splitlines()) == 1 + 4 * 3 * 10


def test_a_scheduler_that_is_not_there_is_a_usage_error(monkeypatch, capsys):
    monkeypatch.setattr(coverage, "CONNECT_SECONDS", 0.5)
    assert main(["coverage", "--scheduler", "tcp://127.0.0.1:1"]) == 2
    assert "tcp://127.0.0.1:1" in capsys.readouterr().err
    assert main(["coverage", "--scheduler", "nonsense"]) == 2
