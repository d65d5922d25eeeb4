# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What was measured of an encoder of spikes, as lines for people and as pictures."""

from pathlib import Path
from typing import Any

import numpy as np

from hybrid_snn_ros.evaluation.plots import check
from hybrid_snn_ros.evaluation.spiking import CROSSED, INT8, SPIKES

_WAYS = {INT8: 'int8 encoder', SPIKES: 'taught and asked through spikes', CROSSED: CROSSED}
_BLUE, _RED, _GREY = '#2f6fb0', '#c8553d', '#8a8f98'
_DPI = 130


def table(figures: dict[str, Any]) -> list[str]:
    """Return the lines that a person reads."""
    lines = [f"{figures['source']}: {figures['code']} code, {figures['steps']} steps; "
             f"{figures['shots']} a class, {figures['orders']} "
             f"draw{'s' * (figures['orders'] > 1)} of {figures['train']} pictures, "
             f"{figures['test']} asked", '', f"{'% accuracy':<44}{'mean':>8}{'sd':>8}{'lost':>8}"]
    best = figures['accuracy'][INT8]
    for way, title in _WAYS.items():
        accuracy = figures['accuracy'][way]
        lines.append(f"{title:<44}{100 * accuracy:>8.2f}{100 * figures['accuracy_sd'][way]:>8.2f}"
                     + f'{100 * (best - accuracy):>8.2f}' * (way != INT8))
    cosine, cost = figures['cosine'], figures['cost']
    per_mac = cost['operations_per_mac']
    lines += ['', f"cosine to the int8 embedding: mean {cosine['mean']:.4f}, least "
              f"{cosine['least']:.4f}; {figures['codes_different']} of {figures['codes']} codes "
              'differ', f"a picture ({cost['pictures']} asked, {cost['macs'] / 1e6:.0f} M MACs, "
              f"{cost['neurons'] / 1e6:.1f} M neurons): {cost['spikes_per_neuron']:.2f} spikes a "
              f"neuron, {per_mac['spikes']:.2f} synaptic operations per MAC, "
              f"{cost['seconds']:.2f} s of processor time here"]
    lines += [f'  as {way}: {share:.3f} per MAC' for way, share in per_mac.items()
              if way != 'spikes']
    if cost['multiplied_macs']:
        lines.append(f"  and {cost['multiplied_macs'] / 1e6:.1f} M MACs of the first layer, into "
                     'which pixels flow as currents')
    lines.append('energy of a picture, mJ, by 45 nm figures for arithmetic alone:')
    lines += [f'  {name:<28}{value:>8.3f}' for name, value in cost['energy_mj'].items()]
    if 'check' in figures:
        lines += _check_lines(figures['check'])
    if 'video' in figures:
        lines += _video_lines(figures['video'])
    return lines


def _check_lines(check_figures: dict[str, Any]) -> list[str]:
    told = check_figures
    return ['', f"compared with {told['runtime']} ({told['delegate']}) over {told['pictures']} "
            f"pictures: of {told['codes']} codes of {told['tensors']} tensors, "
            f"{told['integer']} differ in whole numbers and {told['radix']} by radix spikes "
            f"({told['embedding_codes']} of them are the embeddings')"]


def _video_lines(rows: list[dict[str, Any]]) -> list[str]:
    lines = ['', f"video, {rows[0]['frames']} frames, mean of all but the first:",
             f"{'threshold':<12}{'operations per MAC':>20}{'recomputed':>12}{'cosine':>9}"
             f"{'codes that differ':>19}"]
    return lines + [f"{row['threshold']:<12g}{row['operations_per_mac']:>20.3f}"
                    f"{row['recomputed_share']:>12.3f}{row['cosine']:>9.4f}"
                    f"{row['codes_different']:>19}" for row in rows]


def draw(directory: str | Path, figures: dict[str, Any]) -> None:
    """
    Draw what was measured into a directory, which is made if it is not there.

    :raises PlotError: without matplotlib.
    :raises OSError: when the pictures cannot be written.
    """
    check()
    Path(directory).mkdir(parents=True, exist_ok=True)
    for name, picture in {'layers': _layers, 'energy': _energy, 'accuracy': _accuracy}.items():
        picture(figures).savefig(Path(directory, f'spiking_{name}.png'), dpi=_DPI)
    if 'video' in figures:
        _video(figures).savefig(Path(directory, 'spiking_video.png'), dpi=_DPI)


def _axes(width: float, height: float, figures: dict[str, Any], title: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure
    figure = Figure(figsize=(width, height), layout='constrained')
    axes = figure.add_subplot()
    axes.set_title(f"{figures['code']} code, {figures['steps']} steps: {title}", fontsize=11)
    axes.spines[['top', 'right']].set_visible(False)
    return figure, axes


def _layers(figures: dict[str, Any]) -> Any:
    layers = figures['cost']['layers']
    figure, axes = _axes(10, 4, figures, 'spikes and synaptic operations by layer')
    places = np.arange(len(layers))
    axes.bar(places, [one['operations'] / 1e6 for one in layers], color=_BLUE,
             label='synaptic operations')
    axes.plot(places, [one['macs'] / 1e6 for one in layers], '.', color=_GREY,
              label='MACs of the dense network')
    axes.set_xticks(places, [one['name'] for one in layers], rotation=90, fontsize=6)
    axes.set_ylabel('millions a picture')
    spikes = axes.twinx()
    spikes.plot(places, [one['spikes'] / one['neurons'] for one in layers], color=_RED, lw=1.2)
    spikes.set_ylabel('spikes a neuron', color=_RED)
    spikes.set_ylim(0, None)
    figure.legend(loc='outside lower center', ncols=2, fontsize=8, frameon=False)
    return figure


def _energy(figures: dict[str, Any]) -> Any:
    energies = figures['cost']['energy_mj']
    figure, axes = _axes(6.5, 2.8, figures, 'energy of a picture, arithmetic alone')
    bars = axes.barh(list(energies)[::-1], list(energies.values())[::-1], color=_BLUE)
    axes.bar_label(bars, fmt='%.3f', padding=3, fontsize=8)
    axes.set_xlabel('mJ, 45 nm, without memory')
    return figure


def _accuracy(figures: dict[str, Any]) -> Any:
    figure, axes = _axes(6.5, 2.6, figures, f"{figures['shots']} pictures a label")
    names = list(_WAYS)[::-1]
    bars = axes.barh([_WAYS[way] for way in names],
                     [100 * figures['accuracy'][way] for way in names], color=_BLUE,
                     xerr=[100 * figures['accuracy_sd'][way] for way in names])
    axes.bar_label(bars, fmt='%.1f', padding=3, fontsize=8)
    axes.set(xlim=(0, 105), xlabel='% correct')
    return figure


def _video(figures: dict[str, Any]) -> Any:
    figure, axes = _axes(7, 3.4, figures, 'synaptic operations of each frame')
    for row in figures['video']:
        axes.plot(row['operations_of_frames'], lw=1.2,
                  label=f"threshold {row['threshold']:g} grey levels")
    axes.set(xlabel='frame', ylabel='per MAC', ylim=(0, None))
    axes.legend(fontsize=8, frameon=False)
    return figure
