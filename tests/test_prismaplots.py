"""The flow figure shows every box with its count, and says which counts were not kept."""

import math

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import evidence as ev
from evidence.plots.prismaplots import flow_figure
from evidence.review.prisma import Box, flow


@pytest.fixture(scope="module")
def boxes():
    return flow(ev.load())


def drawn(fig):
    return " ".join(text.get_text() for text in fig.axes[0].texts)


def test_every_box_is_drawn_and_said(boxes):
    fig = flow_figure(boxes, title="Flow")
    for box in boxes:
        assert f"{box.words}: {box.shown}" in fig.alt_text
        assert f"{box.words}: {box.shown}" in drawn(fig)
        assert all(f"{name}: {n}" in drawn(fig) for name, n in box.parts)


def test_a_count_that_was_not_kept_is_dashed():
    boxes = [Box("Identification", "Seen", math.nan), Box("Inclusion", "Used", 3)]
    fig = flow_figure(boxes)
    dashes = [patch.get_linestyle() for patch in fig.axes[0].patches]
    assert dashes.count("--") == 1


def test_no_text_leaves_the_figure(boxes):
    fig = flow_figure(boxes, title="Flow")
    renderer = FigureCanvasAgg(fig).get_renderer()
    for text in fig.axes[0].texts:
        box = text.get_window_extent(renderer)
        assert box.x0 >= 0
        assert box.x1 <= fig.bbox.width
