"""What was measured is let go of as soon as it has been judged."""

from __future__ import annotations

from project import Project


def test_no_frame_is_kept_after_judging(project: Project) -> None:
    """A frame that a check returned, passing, failing or raising, is gone before the next runs."""
    project.write(
        {
            "checks/shop/check_frames.py": """
                import gc
                import weakref

                import pandas as pd
                import pandera.pandas as pa
                import pytest
                from gatepost import at_least, check, conforms_to, recorded, row_count

                alive = []

                class Model(pa.DataFrameModel):
                    a: int = pa.Field(gt=1)
                    b: int = pa.Field(unique=True)

                def make_frame():
                    gc.collect()
                    assert [each() for each in alive if each() is not None] == []
                    frame = pd.DataFrame({"a": [1, 2, 3], "b": [1, 1, 2]})
                    alive.append(weakref.ref(frame))
                    return frame

                @check(conforms_to(Model), row_count(at_least(1)))
                def check_rules() -> pd.DataFrame:
                    return make_frame()

                @check(recorded())
                def check_wrong_type() -> float:
                    return make_frame()

                @check(recorded())
                def check_raising() -> float:
                    frame = make_frame()
                    raise RuntimeError(len(frame))

                def check_last():
                    make_frame()
            """
        }
    )
    outcome = project.run("-n0")
    assert outcome.levels["shop.frames.last"] == "ok", outcome.output
    assert outcome.levels["shop.frames.raising"] == "error"
    assert "RuntimeError: 3" in outcome.sentence("shop.frames.raising")
