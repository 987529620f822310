/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-fast-exp.h"
#include "linalg/ple-packed.h"

/* Scalar forms that vectorise inside a function with a target of its own. */

/* v Phi(v) = v (1/2 + erf (v / sqrt 2) / 2). The odd part is v times a polynomial in v² on [-5.3,
 * 5.3] (own fit, degree 14 in the variable that runs over [-1, 1], so that the coefficients are
 * small and nothing cancels), and +-1/2 beyond. Absolute error 5e-7, at v = 5; no division and no
 * exponential. */
PLE_CLONES_INLINE float
ple_fast_gelu (float v)
{
  float x = v < -5.3f ? -5.3f : v;
  float t, p;

  x = x > 5.3f ? 5.3f : x;
  t = x * x * 0.0711997148f - 1.0f;
  p = 0.000341941632f;
  p = p * t - 0.000793779152f;
  p = p * t + 0.000542599882f;
  p = p * t - 0.00100831012f;
  p = p * t + 0.00337537355f;
  p = p * t - 0.00594996475f;
  p = p * t + 0.00867792871f;
  p = p * t - 0.0131307049f;
  p = p * t + 0.0189736262f;
  p = p * t - 0.025312677f;
  p = p * t + 0.0320723541f;
  p = p * t - 0.0395873338f;
  p = p * t + 0.0492645614f;
  p = p * t - 0.0665185526f;
  p = p * t + 0.133392558f;
  p *= x;
  p = p < -0.5f ? -0.5f : p;
  p = p > 0.5f ? 0.5f : p;
  return v * (0.5f + p);
}

PLE_CLONES_INLINE float
ple_fast_sigmoid (float v)
{
  return 1.0f / (1.0f + ple_fast_exp (-v));
}

/* @activation is a constant where this is inlined. */
PLE_CLONES_INLINE float
ple_activate (PleActivation activation, float v)
{
  switch (activation)
    {
    case PLE_ACTIVATION_GELU:
      return ple_fast_gelu (v);
    case PLE_ACTIVATION_GELU_TANH:
      return v * ple_fast_sigmoid (v * (1.5957691216f + 0.0713548163f * v * v));
    case PLE_ACTIVATION_QUICK_GELU:
      return v * ple_fast_sigmoid (1.702f * v);
    case PLE_ACTIVATION_RELU:
      return v > 0 ? v : 0;
    case PLE_ACTIVATION_SILU:
      return v * ple_fast_sigmoid (v);
    case PLE_ACTIVATION_NONE:
    default:
      return v;
    }
}
