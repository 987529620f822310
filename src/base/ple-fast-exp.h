/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-clones.h"

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* Relative error below 2e-7; below -87.3 it stays at 1.2e-38, above 88.3 at 2.2e38. Vectorises
 * inside a PLE_CLONES function, or one with a target of its own.
 *
 * exp (x) = 2^k exp (r), |r| <= ln 2 / 2, Taylor to degree 7. Rounding to whole k by adding 1.5
 * 2^23 needs no instruction beyond the baseline. */
PLE_CLONES_INLINE float
ple_fast_exp (float x)
{
  float k, r, p, scale;
  gint32 bits;

  x = x < -87.3f ? -87.3f : x;
  x = x > 88.3f ? 88.3f : x;
  k = x * 1.44269504f + 12582912.0f;
  memcpy (&bits, &k, sizeof bits);
  k -= 12582912.0f;
  r = x - k * 0.693359375f; /* ln 2 in two parts: the first has 9 bits, so the product is exact */
  r = r + k * 2.12194440e-4f;
  p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r * r + r + 1.0f;
  bits = (gint32) (((guint32) bits << 23) + 0x3f800000u);
  memcpy (&scale, &bits, sizeof scale);
  return p * scale;
}

G_END_DECLS
