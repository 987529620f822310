/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vectors of the instruction set that the including file names, and functions of them. Written with
 * the compiler's vector types rather than loops: gcc would follow each clamp into branches of its
 * own, and one of them held a denormal. */
#pragma once

#include "linalg/ple-packed.h"

#ifndef TILE_TARGET
#define TILE_TARGET  /* function attribute that turns the instruction set on */
#define TILE_LANES 4 /* floats of a vector */
#define TILE_ROWS 6  /* of one tile of a product: with TILE_VECS, all sums stay in registers */
#define TILE_VECS 2  /* vectors of columns of one tile */
#endif

#define TILE_INLINE TILE_TARGET static inline __attribute__ ((always_inline))

typedef float TileVector __attribute__ ((vector_size (TILE_LANES * sizeof (float))));
typedef gint32 TileInts __attribute__ ((vector_size (TILE_LANES * sizeof (gint32))));
typedef guint32 TileBits __attribute__ ((vector_size (TILE_LANES * sizeof (guint32))));
/* The same as TileVector at any address. */
typedef float TileLoose
    __attribute__ ((vector_size (TILE_LANES * sizeof (float)), aligned (4), may_alias));

#ifndef TILE_MIN
TILE_INLINE TileVector
tile_select (TileInts mask, TileVector yes, TileVector no)
{
  return (TileVector) ((mask & (TileInts) yes) | (~mask & (TileInts) no));
}

#define TILE_MIN(a, b) tile_select ((a) < (b), (a), (b))
#define TILE_MAX(a, b) tile_select ((a) > (b), (a), (b))
#endif

TILE_INLINE TileVector
tile_load (const float *x)
{
  return *(const TileLoose *) x;
}

TILE_INLINE void
tile_store (float *x, TileVector v)
{
  *(TileLoose *) x = v;
}

#if defined(__x86_64__)
#define TILE_KEEP(v) __asm__("" : "+v"(v))
#else
#define TILE_KEEP(v)
#endif

/* memcpy() of floats, without its start. */
TILE_INLINE void
tile_copy (float *restrict to, const float *restrict from, size_t n)
{
  size_t i = 0;

#pragma GCC unroll 4
  for (; i + TILE_LANES <= n; i += TILE_LANES)
    {
      TileVector v = tile_load (from + i);

      TILE_KEEP (v); /* or gcc makes a call of memmove() of it */
      tile_store (to + i, v);
    }
  for (; i < n; i++)
    to[i] = from[i];
}

TILE_INLINE TileVector
tile_all (float x)
{
  return x - (TileVector){ 0 };
}

TILE_INLINE TileVector
tile_clamp (TileVector x, float low, float high)
{
  x = TILE_MAX (x, tile_all (low));
  return TILE_MIN (x, tile_all (high));
}

/* Row i becomes column i. */
TILE_INLINE void
tile_transpose (TileVector rows[TILE_LANES])
{
#if defined(__GNUC__) && !defined(__clang__)
  /* Of blocks of twice the size each time, the two off the diagonal change places. */
#pragma GCC unroll 4
  for (int step = 1; step < TILE_LANES; step *= 2)
#pragma GCC unroll 16
    for (int i = 0; i < TILE_LANES; i++)
      if (!(i & step))
        {
          const TileVector a = rows[i], b = rows[i + step];
          TileInts low, high;

#pragma GCC unroll 16
          for (int l = 0; l < TILE_LANES; l++)
            {
              low[l] = l & step ? TILE_LANES + l - step : l;
              high[l] = l & step ? TILE_LANES + l : l + step;
            }
          rows[i] = __builtin_shuffle (a, b, low);
          rows[i + step] = __builtin_shuffle (a, b, high);
        }
#else
  for (int i = 0; i < TILE_LANES; i++)
    for (int l = 0; l < i; l++)
      {
        const float kept = rows[i][l];

        rows[i][l] = rows[l][i];
        rows[l][i] = kept;
      }
#endif
}

/* The lanes taken round by @step; a constant where this is inlined. */
TILE_INLINE TileVector
tile_turn (TileVector v, int step)
{
#if defined(__GNUC__) && !defined(__clang__)
  TileInts from;

#pragma GCC unroll 16
  for (int l = 0; l < TILE_LANES; l++)
    from[l] = (l + step) % TILE_LANES;
  return __builtin_shuffle (v, from);
#else
  TileVector turned;

  for (int l = 0; l < TILE_LANES; l++)
    turned[l] = v[(l + step) % TILE_LANES];
  return turned;
#endif
}

TILE_INLINE float
tile_sum_lanes (TileVector v)
{
#pragma GCC unroll 4
  for (int step = TILE_LANES / 2; step > 0; step /= 2)
    v += tile_turn (v, step);
  return v[0];
}

TILE_INLINE float
tile_max_lanes (TileVector v)
{
#pragma GCC unroll 4
  for (int step = TILE_LANES / 2; step > 0; step /= 2)
    {
      TileVector turned = tile_turn (v, step);

      v = TILE_MAX (v, turned);
    }
  return v[0];
}

/* exp (x) = 2^k exp (r), |r| <= ln 2 / 2, by a polynomial of degree 6 (own fit, 2e-8): relative
 * error below 2e-7. Rounding to whole k by adding 1.5 2^23. Below -87.3 it stays at 1.2e-38;
 * above 88 the result is of no use, and lanes that hold such must be masked. */
TILE_INLINE TileVector
tile_exp (TileVector x)
{
  TileVector shifted, k, r, r2, p, q;
  TileBits power;

  x = TILE_MAX (x, tile_all (-87.3f));
  shifted = x * 1.44269504f + 12582912.0f;
  k = shifted - 12582912.0f;
  r = x - k * 0.693359375f; /* ln 2 in two parts: the first has 9 bits, so the product is exact */
  r = r + k * 2.12194440e-4f;
  r2 = r * r;
  p = r * 0.00837513727f + 0.0416662181f;
  q = r * 0.166664154f + 0.5f;
  p = r2 * 0.00139485928f + p;
  p = p * r2 + q;
  p = p * r2 + (r + 1.0f);
  power = ((TileBits) shifted << 23) + 0x3f800000u;
  return p * (TileVector) power;
}

/* The argument is held above -80, since 1 / exp (88) would be a denormal; and below 80 for exp().
 */
TILE_INLINE TileVector
tile_sigmoid (TileVector x)
{
  return 1.0f / (1.0f + tile_exp (-tile_clamp (x, -80.0f, 80.0f)));
}

/* v Phi(v) = v (1/2 + erf (v / sqrt 2) / 2). The odd part is v times a polynomial in v² on [-5.3,
 * 5.3] (own fit, degree 14 in the variable t that runs over [-1, 1], so that the coefficients are
 * small and nothing cancels), and +-1/2 beyond. Absolute error below 1e-6, at v = 5; no division
 * and no exponential. Even and odd powers apart, for two short chains. */
TILE_INLINE TileVector
tile_gelu (TileVector v)
{
  TileVector x = tile_clamp (v, -5.3f, 5.3f);
  TileVector t = x * x * 0.0711997148f - 1.0f, t2 = t * t;
  TileVector even, odd;

  even = t2 * 0.000341941632f + 0.000542599882f;
  even = even * t2 + 0.00337537355f;
  even = even * t2 + 0.00867792871f;
  even = even * t2 + 0.0189736262f;
  even = even * t2 + 0.0320723541f;
  even = even * t2 + 0.0492645614f;
  even = even * t2 + 0.133392558f;
  odd = t2 * -0.000793779152f - 0.00100831012f;
  odd = odd * t2 - 0.00594996475f;
  odd = odd * t2 - 0.0131307049f;
  odd = odd * t2 - 0.025312677f;
  odd = odd * t2 - 0.0395873338f;
  odd = odd * t2 - 0.0665185526f;
  return v * (0.5f + tile_clamp ((odd * t + even) * x, -0.5f, 0.5f));
}

/* @activation is a constant where this is inlined. */
TILE_INLINE TileVector
tile_activate (PleActivation activation, TileVector v)
{
  switch (activation)
    {
    case PLE_ACTIVATION_GELU:
      return tile_gelu (v);
    case PLE_ACTIVATION_GELU_TANH:
      return v * tile_sigmoid (v * (v * v * 0.0713548163f + 1.5957691216f));
    case PLE_ACTIVATION_QUICK_GELU:
      return v * tile_sigmoid (v * 1.702f);
    case PLE_ACTIVATION_RELU:
      return TILE_MAX (v, tile_all (0));
    case PLE_ACTIVATION_SILU:
      return v * tile_sigmoid (v);
    case PLE_ACTIVATION_NONE:
    default:
      return v;
    }
}
