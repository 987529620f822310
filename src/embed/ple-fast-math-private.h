/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <math.h>
#include <string.h>

G_BEGIN_DECLS

/* Powers and logarithms that the compiler can vectorise and that give the same bits wherever the
 * arithmetic does (libm's differ between machines). Relative error below 4e-7 over the whole range;
 * each is compared to libm in the tests. No branches. */

/* 2^t. Below -126 it is 2^-126 (nearly 0), above 127 it is 2^127. */
static inline __attribute__ ((always_inline)) float
ple_exp2f (float t)
{
  const float shift = 0x1.8p23f; /* adding it rounds to a whole number, in the low bits */
  float u, rounded, f, p, scale;
  gint32 bits;

  t = t < -126.0f ? -126.0f : t;
  t = t > 127.0f ? 127.0f : t;
  u = t + shift;
  rounded = u - shift;
  f = t - rounded;
  memcpy (&bits, &u, sizeof bits);
  bits = (gint32) (((guint32) bits + 127u) << 23); /* the shift's own bits leave at the top */
  memcpy (&scale, &bits, sizeof scale);

  /* Taylor: the terms are (ln 2)^k / k!, and |f| <= 1/2. */
  p = 1.5403530e-4f;
  p = p * f + 1.3333558e-3f;
  p = p * f + 9.6181291e-3f;
  p = p * f + 5.5504109e-2f;
  p = p * f + 2.4022651e-1f;
  p = p * f + 6.9314718e-1f;
  p = p * f + 1.0f;
  return p * scale;
}

static inline __attribute__ ((always_inline)) float
ple_expf (float t)
{
  return ple_exp2f (t * 1.44269504f);
}

/* log2 of a positive normal number. */
static inline __attribute__ ((always_inline)) float
ple_log2f (float a)
{
  gint32 bits, exponent;
  float m, s, s2, p;

  memcpy (&bits, &a, sizeof bits);
  /* Split at sqrt(1/2), so that m is in [sqrt(1/2), sqrt(2)). */
  exponent = (bits - 0x3f3504f3) >> 23;
  bits -= (gint32) ((guint32) exponent << 23);
  memcpy (&m, &bits, sizeof m);

  /* log2(m) = 2 / ln 2 * artanh(s), |s| < 0.172. */
  s = (m - 1.0f) / (m + 1.0f);
  s2 = s * s;
  p = 0.32059890f;
  p = p * s2 + 0.41219858f;
  p = p * s2 + 0.57707802f;
  p = p * s2 + 0.96179669f;
  p = p * s2 + 2.88539008f;
  return p * s + (float) exponent;
}

static inline __attribute__ ((always_inline)) float
ple_logf (float a)
{
  return ple_log2f (a) * 0.69314718f;
}

G_END_DECLS
