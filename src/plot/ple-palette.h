/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plot/ple-points.h"

G_BEGIN_DECLS

/* Colours are 0xRRGGBB, sRGB. */

/**
 * PlePaletteSet:
 * @PLE_PALETTE_STANDARD: 12 hues in two tones of equal lightness each (OKLCH: L 0.62 C 0.15 and
 *   L 0.76 C 0.11), tone by tone
 * @PLE_PALETTE_SAFE: told apart without red-green sight: 6 hues on the blue-yellow axis and greys
 * in four steps of lightness
 */
typedef enum
{
  PLE_PALETTE_STANDARD,
  PLE_PALETTE_SAFE,
} PlePaletteSet;

#define PLE_PALETTE_SIZE 24
/* What has no group, and context that has stepped back. */
#define PLE_PALETTE_NONE 0x9a9996u
#define PLE_PALETTE_RIGHT 0x2f9e44u
#define PLE_PALETTE_WRONG 0xd6303du
#define PLE_PALETTE_RAMP_SIZE 256

/* Colour @index modulo %PLE_PALETTE_SIZE of @set. */
guint32 ple_palette_get (PlePaletteSet set, guint index);

/* From low (dark violet) over red to high (pale yellow) at @t in 0..1, of evenly rising lightness:
 * for confidence and other quantities. NaN gives %PLE_PALETTE_NONE. */
guint32 ple_palette_ramp (double t);

/* Black or white, whichever reads better on @colour. */
guint32 ple_palette_ink_on (guint32 colour);

/**
 * ple_palette_assign:
 * @points: the map; %NULL if there is none yet
 * @labels: (nullable): (points->n) group of each id, -1 for none; %NULL with @points
 * @n_groups: groups
 * @colours: (out caller-allocates): (n_groups) index of a colour, < %PLE_PALETTE_SIZE
 *
 * Hands colours to groups so that neighbours on the map never share one. Up to %PLE_PALETTE_SIZE
 * groups (or without a map) group i simply gets colour i. Above, groups are neighbours when they
 * hold a main part of the same cell or of two cells side by side, or when one medoid is among the
 * six nearest of the other; the graph is coloured greedily in smallest-last order (Matula and Beck
 * 1983), taking the least used of the free colours, of another hue than the neighbours' if it can.
 * Where more than 24 groups all touch each other no colouring exists; then the least touching
 * neighbour's colour is taken. Deterministic. 0.1 s for a million points.
 */
void ple_palette_assign (const PlePoints *points,
                         const gint32 *labels,
                         size_t n_groups,
                         guint8 *colours);

G_END_DECLS
