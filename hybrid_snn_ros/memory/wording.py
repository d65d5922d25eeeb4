# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a change was, what became of it, and what is in its way, for people."""

from hybrid_snn_ros.memory.changes import EARLIER, LATER, Listed, NAMED
from hybrid_snn_ros.memory.history import Change


def samples_text(count: int) -> str:
    """Return a number of samples in words."""
    return '1 sample' if count == 1 else f'{count} samples'


def boxes_text(count: int) -> str:
    """Return a number of boxes in words."""
    return '1 box' if count == 1 else f'{count} boxes'


def in_words(change: Change) -> str:
    """Say in a few words what a change was."""
    label = f" of '{change.label}'" if change.label else ''
    samples = samples_text(change.samples)
    what = {'forget': f"'{change.label}' was forgotten ({samples})",
            'rename': f"'{change.label}' was renamed '{change.target}'",
            'merge': f"'{change.label}' was merged into '{change.target}'",
            'remove': f"a sample of '{change.label}' was removed",
            'relabel': f"a sample of '{change.label}' became one of '{change.target}'",
            'answer': f'{samples}{label}, an answer to a question',
            'restore': 'a record was taken back',
            'rollback': f'the return to version {change.target}',
            'draw': f'{boxes_text(change.samples)} drawn',
            'complete': 'that everything in a frame is drawn',
            'empty': 'that a frame is empty'}
    return what.get(change.what) or f'{samples}{label}, by {change.source}'


def in_the_way(number: int, listed: Listed) -> str:
    """Say why a change can be neither taken back nor put back (memory.changes.Obstacle)."""
    why, obstacle = f'change {number} stays as it is', listed.obstacle
    assert obstacle is not None
    if obstacle.why == NAMED:
        return f"{why}: another label is called '{obstacle.label}' now; rename that first"
    if obstacle.change is None:
        return f'{why}: what it concerned was changed by another robot, or at the start'
    other = f'change {obstacle.change.id} ({in_words(obstacle.change)})'
    return {LATER: f'{why} as long as {other} stands, which came later; take that back first',
            EARLIER: f'{why}: {other} is taken back; put that back first'}[obstacle.why]


def taken_back(change: Change) -> str:
    """Say what an Undo did (memory.history.Change)."""
    label, count = change.label, samples_text(change.samples)
    if change.replaced:  # in place of all that was known
        return f'the import of {count} is taken back, what it replaced is known again'
    if change.what in ('teach', 'answer', 'import'):
        verb = 'is' if change.samples == 1 else 'are'
        of = f" of '{label}'" if label else ''
        by = ', an import,' if change.what == 'import' else ''
        if len(change.taught) == 1:
            return f'sample {change.taught[0]}{of}{by} is taken back'
        return f'{count}{of}{by} {verb} taken back'
    return {
        'forget': f"'{label}' is known again, with {count}",
        'rename': f"'{change.target}' is '{label}' again, with {count}",
        'merge': f"'{label}' is a label of its own again, with {count}, apart from "
                 f"'{change.target}'",
        'remove': f"the sample of '{label}' that was removed is back",
        'relabel': f"the sample that became one of '{change.target}' is one of '{label}' again",
        'restore': 'what was taken back by its number is as before',
        'rollback': f'the return to version {change.target} is taken back',
        'draw': f'what was drawn is taken back ({boxes_text(change.samples)})',
        'complete': 'that everything in a frame is drawn is taken back',
        'empty': 'that a frame is empty is taken back',
    }[change.what]


def put_back(change: Change) -> str:
    """Say what a Redo did."""
    label, count = change.label, samples_text(change.samples)
    if change.what in ('teach', 'answer', 'import'):
        of = f" of '{label}'" if label else ''
        return f'{count}{of} put back'
    return {
        'forget': f"'{label}' is forgotten again ({count})",
        'rename': f"'{label}' is '{change.target}' again, with {count}",
        'merge': f"'{label}' is part of '{change.target}' again",
        'remove': f"the sample of '{label}' is removed again",
        'relabel': f"the sample of '{label}' is one of '{change.target}' again",
        'restore': 'what was taken back by its number is taken back again',
        'rollback': f'what was known at version {change.target} is known again',
        'draw': f'what was drawn is put back ({boxes_text(change.samples)})',
        'complete': 'everything in that frame is drawn again',
        'empty': 'that frame is empty again',
    }[change.what]
