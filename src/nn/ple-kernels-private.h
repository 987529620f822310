/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <string.h>

#include "base/ple-clones.h"

/* A helper of a PLE_CLONES function must be inlined into each clone, or it is built for the
 * baseline only. */
#define PLE_CLONES_INLINE static inline __attribute__ ((always_inline))

G_BEGIN_DECLS

/* Scalar forms that vectorise inside a PLE_CLONES function. */

/* exp (x) = 2^k exp (r), |r| <= ln 2 / 2, Taylor to degree 7. Rounding to whole k by adding 1.5
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

/* Distribution function of the standard normal, and its density. */
PLE_CLONES_INLINE float
ple_fast_normal (float x, float *density)
{
  float size = x < 0 ? -x : x;
  float t = 1.0f / (1.0f + 0.235f * size);
  float e = ple_fast_exp (-0.5f * x * x);
  float p = -0.06485821617f;
  float tail;

  p = p * t + 0.21332514684f;
  p = p * t - 0.15156702477f;
  p = p * t + 0.18557540521f;
  p = p * t + 0.03223110938f;
  p = p * t + 0.09904167228f;
  p = p * t + 0.09242931452f;
  p = p * t + 0.09382252809f;
  tail = p * t * e;
  *density = 0.39894228040f * e;
  return x < 0 ? tail : 1.0f - tail;
}

G_END_DECLS
