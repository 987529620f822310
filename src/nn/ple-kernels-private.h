/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-fast-exp.h"

G_BEGIN_DECLS

/* Scalar forms that vectorise inside a PLE_CLONES function. */

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
