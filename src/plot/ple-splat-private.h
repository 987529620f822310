/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define PLE_SPRITE_MAX_SIDE 16
#define PLE_SPRITE_PHASES 4

/**
 * PleSprite:
 * @side: rows of all phases; pixels a row are 4, 8 or 16, the next that holds it
 * @width: pixels a row
 * @centre: a disc of phase 0 has its centre here, in pixels from the upper left corner
 * @weight: by phase (y * 4 + x), row and pixel: 0..128, four times each, one per channel
 *
 * The coverage of a disc (or ring) at 16 sub-pixel phases.
 */
typedef struct
{
  int side;
  int width;
  float centre;
  gint16 *weight;
} PleSprite;

/* @inner: radius of the hole, 0 for a disc. */
void ple_sprite_init (PleSprite *sprite, double radius, double inner, double opacity);
void ple_sprite_clear (PleSprite *sprite);

/**
 * PleBlit:
 * @row: (first pixel of the picture's row 0)
 * @stride: pixels from row to row
 * @width: pixels
 * @top: first row that may be written
 * @bottom: one past the last
 *
 * The part of a picture that one thread writes to.
 */
typedef struct
{
  guint32 *row;
  size_t stride;
  int width;
  int top;
  int bottom;
} PleBlit;

/* Lays @colour (0xAARRGGBB, opaque) over the picture in the form of @sprite around (x, y) in
 * pixels. Channel by channel: d += ((c - d) w + 64) >> 7. */
void
ple_blit_scalar (const PleBlit *blit, const PleSprite *sprite, guint32 colour, float x, float y);
/* The same bytes; falls back to the other where there is no SSE2. */
void
ple_blit_sprite (const PleBlit *blit, const PleSprite *sprite, guint32 colour, float x, float y);

G_END_DECLS
