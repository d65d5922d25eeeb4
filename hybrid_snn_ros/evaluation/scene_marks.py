# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The marks that scenes and photographs with boxes are held against."""

from collections.abc import Mapping
import math
from typing import Any, NamedTuple


class Mark(NamedTuple):
    """What a figure must be."""

    figure: str  # 'part.name' of the figures
    at_least: bool
    value: float

    def met(self, figures: Mapping[str, Any]) -> bool | None:
        """Tell whether it is met; None where nothing was asked for it."""
        part, name = self.figure.split('.')
        found = figures[part][name]
        if math.isnan(found):
            return None
        return bool(found >= self.value if self.at_least else found <= self.value)


def _marks(least: Mapping[str, float], most: Mapping[str, float]) -> tuple[Mark, ...]:
    return (*(Mark(name, True, value) for name, value in least.items()),
            *(Mark(name, False, value) for name, value in most.items()))


_COST = {'cost.where_over': 1.5, 'cost.box_over': 1.0, 'cost.scene': 40.0}

# of rendered scenes, by their floors
SCENES = {
    'plain': _marks(
        {'true.right': 0.94, 'true.auroc': 0.98, 'true.jittered': 0.94, 'drawn.any_loose': 0.94,
         'drawn.any_tight': 0.83, 'drawn.new_tight': 0.82, 'one.any_loose': 0.91,
         'one.any_tight': 0.76, 'all.named': 0.88, 'all.right': 0.96, 'all.named_tight': 0.80,
         'all.refused_new': 0.85},
        {'drawn.boxes_per_thing': 4.8 / 3.6, 'drawn.empty': 0.05, 'all.false': 0.08, **_COST}),
    'varied': _marks(
        {'true.right': 0.90, 'true.auroc': 0.96, 'true.jittered': 0.90, 'drawn.any_loose': 0.94,
         'drawn.any_tight': 0.79, 'drawn.new_tight': 0.78, 'one.any_loose': 0.91,
         'one.any_tight': 0.66, 'all.named': 0.87, 'all.right': 0.94, 'all.named_tight': 0.74,
         'all.refused_new': 0.72},
        {'drawn.boxes_per_thing': 4.8 / 3.6, 'drawn.empty': 0.05, 'all.false': 0.18, **_COST})}

# of photographs, by the name of the set
PHOTOGRAPHS = {
    'boards': _marks(
        {'drawn.any_loose': 0.88, 'drawn.any_tight': 0.71, 'true.top1': 0.80, 'all.named': 0.76,
         'all.right': 0.76, 'all.named_tight': 0.62, 'all.ahead_of_whole': 0.18},
        {'drawn.boxes': 1.9}),
    'cards': _marks({'drawn.any_loose': 0.95, 'drawn.any_tight': 0.84, 'one.any_tight': 0.82},
                    {'drawn.boxes': 3.2}),
    'cells': _marks({'drawn.any_loose': 0.86, 'drawn.any_tight': 0.80, 'true.top1': 0.93,
                     'one.any_tight': 0.77}, {'drawn.boxes': 19.0})}
